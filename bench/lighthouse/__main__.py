"""Lighthouse scores of one page of each kind on a phone: python -m bench.lighthouse --help."""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import sync_playwright

from tests.serving import Server, free_port

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
# Search engines may not list the admin.
ADMIN_CATEGORIES = CATEGORIES[:3]
ATTEMPTS = 6
CHROMIUM = ["--headless=new", "--no-sandbox", "--disable-gpu"]
PRINT_SITE_PATHS = "from bench.lighthouse.paths import site_paths; print(*site_paths())"
# The cookie of a session, then the paths.
PRINT_ADMIN_PATHS = """
from bench.lighthouse.paths import admin_paths, admin_session
session = admin_session()
print(session, *admin_paths(session))
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="Only these pages, such as /en/partners/.")
    parser.add_argument("--language", action="append", help="Only pages in this language; may be repeated.")
    parser.add_argument("--admin", action="store_true", help="One page of each kind in the admin, instead of the site.")
    parser.add_argument("--reports", type=Path, help="Store the full reports in this folder, as JSON.")
    arguments = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory(prefix="bench-lighthouse-") as folder:
        server = Server(Path(folder), {"CONSENT_SEAL_MINUTES": "0"})
        server.manage("prepare", check=True)
        script = PRINT_ADMIN_PATHS if arguments.admin else PRINT_SITE_PATHS
        printed = server.manage("shell", "-v", "0", "-c", script, check=True).stdout.split()
        session, listed = (printed[0], printed[1:]) if arguments.admin else ("", printed)
        paths = arguments.paths or [path for path in listed if arguments.admin or is_in(path, arguments.language)]
        server.serve(stderr=subprocess.DEVNULL)
        try:
            reports = measure(server, paths, session)
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


def measure(server: Server, paths: list[str], session: str) -> dict[str, dict]:
    """Print a table row for each page: a first visit, with the consent notice, or with the cookie `session`."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: install it, on Debian with: sudo apt install chromium")
    categories = ADMIN_CATEGORIES if session else CATEGORIES
    print(f"| page | {' | '.join(categories)} |\n|---|{'---:|' * len(categories)}")
    reports = {}
    for path in paths:
        reports[path] = report_on(server.url + path, chromium, categories, session)
        scores = [str(score(reports[path], category)) for category in categories]
        print(f"| {path} | {' | '.join(scores)} |", flush=True)
    return reports


def report_on(url: str, chromium: str, categories: list[str], session: str) -> dict:
    """Return the report of Lighthouse. Repeat it if Lighthouse loses the trace of a page (NO_NAVSTART).

    Raises CalledProcessError if all attempts fail.
    """
    command = [BIN / "node", HERE / "node_modules/lighthouse/cli/index.js", url, "--quiet"]
    command += ["--output", "json", "--no-enable-error-reporting", "--disable-storage-reset"]
    command += [f"--only-categories={','.join(categories)}"]
    for _attempt in range(ATTEMPTS):
        with started_browser(chromium, url, session) as port:
            outcome = subprocess.run([*command, f"--port={port}"], stdout=subprocess.PIPE, text=True)
        if outcome.returncode == 0:
            return json.loads(outcome.stdout)
    raise subprocess.CalledProcessError(outcome.returncode, command)


@contextmanager
def started_browser(chromium: str, url: str, session: str) -> Iterator[int]:
    """Start Chromium with an empty profile and the cookie `session`, and yield its port for debugging.

    Lighthouse can send a cookie too, but not once the site has set another one.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-chromium-", ignore_cleanup_errors=True) as profile:
        options = [f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen([chromium, *CHROMIUM, *options], stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            if session:
                name, value = session.split("=")
                with sync_playwright() as playwright:
                    browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
                    browser.contexts[0].add_cookies([{"name": name, "value": value, "url": urljoin(url, "/")}])
            yield port
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int):
    """Wait until Chromium accepts connections. Raises OSError after some seconds."""
    for attempt in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if attempt == 99:
                raise
            time.sleep(0.1)


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
        for category, result in report["categories"].items():
            for reference in result["auditRefs"]:
                audit = report["audits"][reference["id"]]
                if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                    value = f"{path} {audit.get('displayValue', '')}".strip()
                    failed.setdefault((category, audit["id"], audit["title"]), []).append(value)
    print()
    for (category, key, title), pages in failed.items():
        print(f"{category}, {key}: {title}\n    " + "\n    ".join(pages))
    complete = all(score(report, category) == 100 for report in reports.values() for category in report["categories"])
    print("Every page has 100 in all categories." if complete else "Not every page has 100 in all categories.")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
