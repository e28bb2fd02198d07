"""deploy/unic-upgrade with real repositories, and with programs of the system that only record how they are called."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.serving import ROOT

pytestmark = pytest.mark.once
# Program → shell script. Each call is recorded.
PROGRAMS = {
    "id": "echo 0",
    "systemctl": 'case "$1" in show) echo 0 ;; esac',
    "curl": 'case " $* " in *" --retry "*) exit 22 ;; *) printf "%s" "{\\"ready\\": false}" ;; esac',
    # A new name for each backup.
    "unic": '[ "$1" != backup ] || echo "$FOLDER/backup-$(wc -l <"$FOLDER/calls"): 3 rows, 0 uploaded files."',
    "sync": "",
}
IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]


class Machine:
    """A machine with the site in a clone of `origin`, whose history has the versions v1 and v2, and the branch main."""

    def __init__(self, folder: Path):
        self.folder, self.site, self.origin = folder, folder / "site", folder / "origin"
        self.state, self.calls = folder / "upgrade", folder / "calls"
        for name in ("origin/bin", "origin/deploy", "programs", "systemd"):
            (folder / name).mkdir(parents=True)
        self.git("init", "--quiet", at=self.origin)
        (self.origin / "bin/environment").write_text("cp requirements.txt .venv/installed-requirements.txt\n")
        (self.origin / "deploy/compile.sh").write_text("")
        self.commits = {name: self.commit(name) for name in ("v1", "v2", "main")}
        self.git("clone", "--quiet", str(self.origin), str(self.site), at=folder)
        self.git("checkout", "--quiet", "v1", at=self.site)
        (self.site / ".venv").mkdir()
        (self.site / ".venv/installed-requirements.txt").write_text("v1")
        self.calls.touch()
        for name, script in PROGRAMS.items():
            self.program(name, script)
        self.program("curl", "")

    def git(self, *arguments: str, at: Path) -> str:
        return subprocess.check_output(["git", *IDENTITY, *arguments], cwd=at, text=True).strip()

    def commit(self, name: str) -> str:
        (self.origin / "requirements.txt").write_text(name)
        self.git("add", ".", at=self.origin)
        self.git("commit", "--quiet", "--allow-empty", "-m", name, at=self.origin)
        if name != "main":
            self.git("tag", name, at=self.origin)
        return self.git("rev-parse", "HEAD", at=self.origin)

    def program(self, name: str, script: str):
        path = self.folder / "programs" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"$FOLDER/calls"\n{script}\n')
        path.chmod(0o755)

    @property
    def version(self) -> str:
        return self.git("rev-parse", "HEAD", at=self.site)

    def upgrade(self, *arguments: str) -> subprocess.CompletedProcess:
        text = (ROOT / "deploy/unic-upgrade").read_text()
        for name, path in {
            "site": self.site,
            "backups": self.folder,
            "state": self.state,
            "systemd": "systemd",
        }.items():
            (line,) = [line for line in text.splitlines() if line.startswith(f"{name}=/")]
            text = text.replace(line, f"{name}={self.folder / path}")
        (self.folder / "unic-upgrade").write_text(text)
        environment = {"PATH": f"{self.folder}/programs:{os.environ['PATH']}", "FOLDER": str(self.folder)}
        environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.folder)}
        return subprocess.run(
            ["sh", self.folder / "unic-upgrade", *arguments], env=environment, capture_output=True, text=True
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_an_upgrade_to_a_version_ends_without_a_state(machine):
    outcome = machine.upgrade("v2")
    assert outcome.returncode == 0, outcome.stderr
    assert machine.version == machine.commits["v2"] and not machine.state.exists()
    assert f"Previous version: {machine.commits['v1']}. Backup: {machine.folder}/backup-" in outcome.stdout
    assert "systemctl restart unic" in machine.calls.read_text()


def test_a_branch_is_that_of_origin_and_is_followed_from_then_on(machine):
    # A local branch that an earlier checkout left behind.
    machine.git("branch", "--force", "main", "v1", at=machine.site)
    assert machine.upgrade("main").returncode == 0
    assert machine.version == machine.commits["main"]
    newer = machine.commit("main")
    assert machine.upgrade().returncode == 0 and machine.version == newer


def test_without_a_branch_a_version_must_be_given(machine):
    outcome = machine.upgrade()
    assert outcome.returncode == 1 and "does not follow a branch. Give a version or a branch" in outcome.stderr
    assert "unic backup" not in machine.calls.read_text()


def test_an_older_version_needs_the_option_downgrade(machine):
    machine.upgrade("v2")
    refused = machine.upgrade("v1")
    assert refused.returncode == 1 and "v1 is older than the current version" in refused.stderr
    assert machine.version == machine.commits["v2"] and not machine.state.exists()
    assert machine.upgrade("--downgrade", "v1").returncode == 0 and machine.version == machine.commits["v1"]


@pytest.mark.parametrize(
    ("argument", "message"), [("v9", "there is no version or branch v9 in"), ("-x", "is no option")]
)
def test_a_version_that_does_not_exist_is_refused_before_the_backup(machine, argument, message):
    refused = machine.upgrade(argument)
    assert refused.returncode == 1 and message in refused.stderr and "unic backup" not in machine.calls.read_text()


def test_a_branch_with_local_commits_is_refused(machine):
    machine.upgrade("main")
    machine.git("commit", "--quiet", "--allow-empty", "-m", "own", at=machine.site)
    refused = machine.upgrade()
    assert refused.returncode == 1 and "has commits that origin/main does not have" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_an_upgrade_that_a_signal_ends_prints_how_to_go_back(machine, number):
    machine.program("unic", PROGRAMS["unic"] + f'\n[ "$1" != prepare ] || kill -{int(number)} $PPID')
    outcome = machine.upgrade("v2")
    assert outcome.returncode == 128 + number
    assert f"checkout {machine.commits['v1']} &&" in outcome.stderr and machine.state.exists()


def test_a_repeated_upgrade_names_the_version_that_ran_first_and_restarts_for_its_packages(machine):
    machine.program("unic", PROGRAMS["unic"] + '\n[ "$1" != prepare ]')
    first = machine.upgrade("v2")
    assert first.returncode == 1
    backup = machine.state.read_text().splitlines()[1]
    second = machine.upgrade("v2")
    for outcome in (first, second):
        assert f"checkout {machine.commits['v1']} &&" in outcome.stderr and f"unic restore {backup}" in outcome.stderr
    machine.program("unic", PROGRAMS["unic"])
    third = machine.upgrade("v2")
    assert third.returncode == 0 and "The upgrade from" in third.stdout
    assert f"Previous version: {machine.commits['v1']}. Backup: {backup}." in third.stdout
    assert machine.calls.read_text().splitlines()[-2] == "systemctl restart unic"
    assert not machine.state.exists()


def test_a_site_that_does_not_become_ready_is_reported_with_its_answer(machine):
    machine.program("curl", PROGRAMS["curl"])
    outcome = machine.upgrade("v2")
    assert outcome.returncode == 1 and 'the site is not ready: {"ready": false}. See the log' in outcome.stderr
