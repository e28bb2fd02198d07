"""Lighthouse scores of one page of each kind on a phone: python -m bench.lighthouse --help."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.serving import Server

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
ATTEMPTS = 3
CHROMIUM = "--headless=new --no-sandbox --disable-gpu"
# Prints the URL of one page of each kind in each language.
PRINT_PATHS = """
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from alliance.models import Deliverable, Initiative
from pages.models import Page
from partners.models import PartnerUniversity

names = ["home", "vision", "deliverables", "initiatives", "tasks", "milestones", "sitemap"]
for code, _name in settings.LANGUAGES:
    with translation.override(code):
        for name in names:
            print(reverse(f"alliance:{name}"))
        print(reverse("search:results", query={"q": "UNIC"}))
        print(reverse("partners:list"))
        for model in (Deliverable, Initiative, PartnerUniversity):
            print(model.objects.published().first().get_absolute_url())
        print(Page.objects.get(key="accessibility").get_absolute_url())
        for name in ("settings", "receipt", "seals"):
            print(reverse(f"consent:{name}"))
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="Only these pages, such as /en/partners/.")
    parser.add_argument("--language", action="append", help="Only pages in this language; may be repeated.")
    parser.add_argument("--reports", type=Path, help="Store the full reports in this folder, as JSON.")
    arguments = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory(prefix="bench-lighthouse-") as folder:
        server = Server(Path(folder), {"CONSENT_SEAL_MINUTES": "0"})
        server.manage("prepare", check=True)
        paths = server.manage("shell", "-v", "0", "-c", PRINT_PATHS, check=True).stdout.split()
        server.serve(stderr=subprocess.DEVNULL)
        try:
            reports = measure(server, arguments.paths or [path for path in paths if is_in(path, arguments.language)])
        finally:
            server.stop()
    if arguments.reports:
        store(reports, arguments.reports)
    return print_failed_audits(reports)


def is_in(path: str, languages: list[str] | None) -> bool:
    return not languages or path.split("/")[1] in languages


def install():
    """Install the pinned version of Lighthouse once, without its download of Chromium."""
    if (HERE / "node_modules/lighthouse").exists():
        return
    print("Installing Lighthouse …", file=sys.stderr, flush=True)
    command = [BIN / "npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", HERE]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "1"})


def measure(server: Server, paths: list[str]) -> dict[str, dict]:
    """Print a table row for each page: a first visit, with the consent notice."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    print(f"| page | {' | '.join(CATEGORIES)} |\n|---|{'---:|' * len(CATEGORIES)}")
    reports = {}
    for path in paths:
        reports[path] = report_on(server.url + path, chromium)
        scores = [str(score(reports[path], category)) for category in CATEGORIES]
        print(f"| {path} | {' | '.join(scores)} |", flush=True)
    return reports


def report_on(url: str, chromium: str) -> dict:
    """Return the report of Lighthouse. Repeat it if Lighthouse loses the trace of a page (NO_NAVSTART).

    Raises CalledProcessError if all attempts fail.
    """
    command = [BIN / "node", HERE / "node_modules/lighthouse/cli/index.js", url, "--quiet"]
    command += ["--output", "json", "--no-enable-error-reporting", f"--chrome-flags={CHROMIUM}"]
    environment = os.environ | {"CHROME_PATH": chromium}
    for _attempt in range(ATTEMPTS):
        outcome = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        if outcome.returncode == 0:
            return json.loads(outcome.stdout)
    raise subprocess.CalledProcessError(outcome.returncode, command)


def score(report: dict, category: str) -> int:
    """Return the score from 0 to 100; 0 if Lighthouse has none."""
    return round(100 * (report["categories"][category]["score"] or 0))


def store(reports: dict[str, dict], folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    for path, report in reports.items():
        name = path.strip("/").replace("/", "_").replace("?", "_")
        (folder / f"{name}.json").write_text(json.dumps(report, indent=1))


def print_failed_audits(reports: dict[str, dict]) -> int:
    """Print each audit below the full score with its pages. Return 1 if a page has less than 100, else 0."""
    failed: dict[tuple[str, str, str], list[str]] = {}
    for path, report in reports.items():
        for category in CATEGORIES:
            for reference in report["categories"][category]["auditRefs"]:
                audit = report["audits"][reference["id"]]
                if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                    value = f"{path} {audit.get('displayValue', '')}".strip()
                    failed.setdefault((category, audit["id"], audit["title"]), []).append(value)
    print()
    for (category, key, title), pages in failed.items():
        print(f"{category}, {key}: {title}\n    " + "\n    ".join(pages))
    complete = all(score(report, category) == 100 for report in reports.values() for category in CATEGORIES)
    print("Every page has 100 in all categories." if complete else "Not every page has 100 in all categories.")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
