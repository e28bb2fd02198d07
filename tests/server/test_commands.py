"""make run and the setup of the environment, in a fresh clone as a new user has it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.serving import PATIENCE, free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "a-long-pass-phrase"
pytestmark = pytest.mark.once


@pytest.fixture
def environment(tmp_path):
    """An environment without configuration, and with a temporary data folder."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {"DATA_DIR": str(tmp_path / "var")}


def manage(environment, *arguments: str, clone: Path = ROOT, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, timeout=3 * PATIENCE, **options
    )


def start(environment, port: int, clone: Path) -> subprocess.Popen:
    """Start `make run`, and wait until the site is ready."""
    started_at = time.monotonic()
    server = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while time.monotonic() - started_at < 3 * PATIENCE and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE)
            return server
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the site did not start: {server.communicate(timeout=10)[0]}")


def stop(server: subprocess.Popen) -> str:
    """Send SIGINT to all processes, as a terminal does for Ctrl-C."""
    os.killpg(server.pid, signal.SIGINT)
    return server.communicate(timeout=PATIENCE)[0]


@pytest.fixture
def clone(tmp_path) -> Path:
    """A fresh clone, with the packages of this environment."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = filter(None, listed.stdout.split("\0")) if listed.returncode == 0 else tracked_files()
    for name in names:
        if (ROOT / name).is_file():
            (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / "clone" / name)
    (tmp_path / "clone/.venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path / "clone"


def tracked_files() -> list[str]:
    """Return the files of a copy without git, which `make test` creates for another user."""
    generated = {".venv", "var", "node_modules", "__pycache__", ".pytest_cache", ".hypothesis", ".ruff_cache"}
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and path.suffix != ".mo")
    return [str(path) for path in files if not generated.intersection(path.parts)]


class Browser:
    """HTTP client with a cookie jar."""

    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open(self, path: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        headers = {"Referer": f"{self.url}{path}", "Sec-Fetch-Site": "same-origin"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers)
        with self.opener.open(request, timeout=PATIENCE) as response:
            return response.read().decode()


@pytest.mark.nightly
def test_make_run_in_a_fresh_clone_serves_the_site_stops_with_ctrl_c_and_starts_quickly_again(clone, environment):
    del environment["DATA_DIR"]
    port = free_port()
    server = start(environment, port, clone)
    visitor = Browser(port)
    assert "Ten European universities, open to you" in visitor.open("/en/")
    assert "University of Lodz" in visitor.open("/en/partners/")
    stylesheet = re.search(r'href="(/static/css/site\.[0-9a-f]+\.css)"', visitor.open("/en/"))
    assert "--paper" in visitor.open(stylesheet[1])
    assert "/en/partners/" in visitor.open("/en/search/?q=lodz")
    visitor.open("/en/cookies/decide/", action="refuse", next="/en/", idempotency_key="once")
    assert 'class="consent"' not in visitor.open("/en/")
    assert '"ready": true' in visitor.open("/readyz")
    create_staff = "from django.contrib.auth.models import User; User.objects.create_superuser('root', password='{0}')"
    assert manage(environment, "shell", "-c", create_staff.format(PASSWORD), clone=clone).returncode == 0
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.open("/admin/login/"))[1]
    visitor.open("/admin/login/", csrfmiddlewaretoken=token, username="root", password=PASSWORD, next="/admin/")
    assert "/admin/logout/" in visitor.open("/admin/")
    printed = stop(server)
    assert f"http://127.0.0.1:{port}/" in printed
    assert "make staff" in printed
    assert "Traceback" not in printed and "Error" not in printed
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    # The second start does not overwrite edited content.
    change = "from pages.models import Page; Page.objects.filter(key='vision').update(title_en='Edited title')"
    assert manage(environment, "shell", "-c", change, clone=clone).returncode == 0
    server = start(environment, port, clone)
    assert "Edited title" in visitor.open("/en/vision/")
    printed_again = stop(server)
    for step in ("Building static files …", "Migrating the database …"):
        assert step in printed
        assert step not in printed_again


def test_a_port_in_use_is_reported_in_one_sentence(environment):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = manage(environment, "serve", "--port", str(port))
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert f"Port {port} is in use by another program" in outcome.stderr


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "eighty"], "PORT=eighty is not a port"),
        (["--port", "70000"], "PORT=70000 is not a port"),
        (["--host", "192.0.2.1"], "HOST=192.0.2.1 is not an address of this machine"),
    ],
)
def test_an_invalid_address_is_reported_in_one_sentence(environment, arguments, sentence):
    outcome = manage(environment, "serve", *arguments)
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert sentence in outcome.stderr


@pytest.fixture
def bare_clone(tmp_path):
    """A folder with the setup of the environment, but without an environment."""
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copytree(ROOT / "bin", clone / "bin")
    (clone / "requirements.txt").write_text("")
    return clone


def fake_python(folder: Path, script: str) -> Path:
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def set_up(clone: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", "bin/environment", "requirements.txt"],
        cwd=clone,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
    )


def test_an_old_python_is_reported_in_one_sentence(bare_clone):
    old = fake_python(bare_clone, 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    outcome = set_up(bare_clone, PYTHON=str(old))
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert "Python 3.9.2 is too old: install Python 3.11 or newer" in outcome.stderr


def test_a_missing_python_is_reported_in_one_sentence(bare_clone):
    outcome = set_up(bare_clone, PYTHON="missing-python")
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert "missing-python is missing" in outcome.stderr


def test_a_missing_venv_is_reported_in_one_sentence(bare_clone):
    python = fake_python(bare_clone, 'case "$2" in *venv*) exit 1;; *) exit 0;; esac')
    outcome = set_up(bare_clone, PYTHON=str(python))
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert "sudo apt install python3-venv" in outcome.stderr


def test_a_folder_that_cannot_be_written_to_is_reported_in_one_sentence(bare_clone):
    # A file instead of the folder, because root can write to any folder.
    (bare_clone / ".venv").touch()
    outcome = set_up(bare_clone)
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert "This folder cannot be written to" in outcome.stderr


@pytest.mark.nightly
def test_the_environment_is_created_once(bare_clone):
    first = set_up(bare_clone)
    assert first.returncode == 0 and "Creating a Python environment" in first.stdout
    assert set_up(bare_clone).stdout == ""
