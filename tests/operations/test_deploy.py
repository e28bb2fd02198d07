"""The files in deploy/: hardened units with existing commands, and the wrapper for commands."""

import os
import re
import subprocess
from configparser import ConfigParser

import pytest
from django.core.management import get_commands

from tests.serving import MANAGE, ROOT

pytestmark = pytest.mark.once
UNITS = ["unic.service", "unic-backup.service"]
HARDENED = {
    "UMask": "0077",
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelTunables": "true",
    "ProtectKernelLogs": "true",
    "ProtectControlGroups": "true",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "LockPersonality": "true",
    "EnvironmentFile": "/etc/unic/environment",
    "User": "unic",
}


def unit(name: str) -> dict[str, str]:
    """Return the [Service] section, with the last value of repeated names."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str
    parser.read(ROOT / "deploy" / name)
    return dict(parser["Service"])


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_restricts_the_site(name):
    service = unit(name)
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    text = (ROOT / "deploy" / name).read_text()
    assert "SystemCallFilter=@system-service\n" in text and "SystemCallFilter=~@privileged\n" in text
    assert re.fullmatch(r"[1-4]G", service["MemoryMax"])
    assert "/srv/unic/site" not in service["ReadWritePaths"]


@pytest.mark.nightly
@pytest.mark.parametrize("name", UNITS)
def test_the_command_of_a_unit_and_its_options_exist(name):
    program, *words = unit(name)["ExecStart"].split()
    assert program == "/srv/unic/site/.venv/bin/python" and words[0] == "manage.py"
    assert words[1] in get_commands()
    usage = subprocess.run([*MANAGE, words[1], "--help"], cwd=ROOT, capture_output=True, text=True)
    assert all(option in usage.stdout for option in words if option.startswith("--"))


def test_a_reload_does_not_stop_the_site_and_a_stop_waits_for_requests():
    service = unit("unic.service")
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["KillMode"] == "mixed" and int(service["TimeoutStopSec"]) > 30


def test_the_settings_that_the_setup_writes_are_documented():
    script = (ROOT / "deploy/setup-debian.sh").read_text()
    written = set(
        re.findall(r"^#?([A-Z_]+)=", script.partition("<<SETTINGS")[2].partition("\nSETTINGS")[0], re.MULTILINE)
    )
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert {"DATABASE_URL", "DATA_DIR", "ALLOWED_HOSTS"} <= written <= documented


@pytest.fixture
def unic(tmp_path):
    """A function that runs deploy/unic with a program that prints its environment and arguments."""
    site = tmp_path / "site"
    (site / ".venv/bin").mkdir(parents=True)
    python = site / ".venv/bin/python"
    python.write_text('#!/bin/sh\nenv -0; printf "%s\\0" "$@"; printf "umask=%s\\0pwd=%s\\0" "$(umask)" "$PWD"\n')
    python.chmod(0o755)
    text = (ROOT / "deploy/unic").read_text()
    replacements = {
        "site=/srv/unic/site": f"site={site}",
        "settings=/etc/unic/environment": f"settings={tmp_path}/environment",
        "user=unic": f"user={subprocess.check_output(['id', '-un'], text=True).strip()}",
    }
    for original, replacement in replacements.items():
        assert text.count(f"\n{original}\n") == 1
        text = text.replace(f"\n{original}\n", f"\n{replacement}\n")
    (tmp_path / "unic").write_text(text)

    def run(settings: str, *arguments: str) -> list[str]:
        (tmp_path / "environment").write_text(settings)
        outcome = subprocess.run(
            ["sh", tmp_path / "unic", *arguments],
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "DEBUG": "true", "DATA_DIR": "/wrong", "TERM": "xterm"},
        )
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout.split("\0")

    return run


SETTINGS = """\
# A comment
DATABASE_URL=postgres://unic:pa$$w'rd&x@127.0.0.1/unic?pool=false&a=b
EMAIL_URL="submission://a:b c@mail.example.org"
DEFAULT_FROM_EMAIL='web@example.org'
SECRET_KEY=`touch no`$(touch no);#=\\x
#DATA_DIR=/commented
  CONTENT_DIR =  /srv/a b/content  \t
ACCESS_LOG="  quoted "
; Another comment=x
not a setting=x
ALLOWED_HOSTS=without.a.last.line.break"""


def test_the_wrapper_passes_each_setting_unchanged(unic):
    output = unic(SETTINGS, "verify_consents", "--against", "a b.txt")
    assert {
        "DATABASE_URL=postgres://unic:pa$$w'rd&x@127.0.0.1/unic?pool=false&a=b",
        "EMAIL_URL=submission://a:b c@mail.example.org",
        "DEFAULT_FROM_EMAIL=web@example.org",
        "SECRET_KEY=`touch no`$(touch no);#=\\x",
        "ALLOWED_HOSTS=without.a.last.line.break",
        "CONTENT_DIR=/srv/a b/content",
        "ACCESS_LOG=  quoted ",
        "umask=0077",
    } <= set(output)
    assert output[output.index("manage.py") :][:4] == ["manage.py", "verify_consents", "--against", "a b.txt"]


def test_the_command_does_not_inherit_the_environment_of_the_caller(unic):
    output = unic("ALLOWED_HOSTS=a\n", "check")
    names = {line.partition("=")[0] for line in output}
    assert "DEBUG" not in names and "DATA_DIR" not in names and "UNIC_CLEAN" not in names
    assert "TERM=xterm" in output


@pytest.mark.parametrize("name", ["unic", "unic-upgrade", "setup-debian.sh", "compile.sh"])
def test_a_script_is_valid_and_executable(name):
    script = ROOT / "deploy" / name
    assert script.read_text().startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    outcome = subprocess.run(["sh", "-n", script], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
