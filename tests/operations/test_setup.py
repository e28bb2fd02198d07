"""Functions of deploy/setup-debian.sh, in folders of the test and with programs of the system that are replaced."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.serving import ROOT

pytestmark = pytest.mark.once
# Program → shell script.
PROGRAMS = {
    "id": "echo 0",
    "apt-get": "",
    "chown": "",
    "openssl": 'touch "$FOLDER/certificates/fullchain.pem"',
    # An invalid configuration contains the word "invalid".
    "nginx": '! grep -q invalid "$FOLDER/nginx/sites-available/unic.conf"',
    "systemctl": 'echo "$*" >>"$FOLDER/calls"',
}


class Machine:
    def __init__(self, folder: Path):
        self.folder, self.proxy, self.calls = folder, folder / "nginx/sites-available/unic.conf", folder / "calls"
        for name in ("programs", "site/deploy", "shipped", "nginx/sites-available", "nginx/sites-enabled", "units"):
            (folder / name).mkdir(parents=True)
        for name, script in PROGRAMS.items():
            (folder / "programs" / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / "programs" / name).chmod(0o755)
        self.ship("nginx.conf", "server_name unic.example.org; # 1\n")
        for name in ("unic.service", "unic-backup.service", "unic-backup.timer"):
            self.ship(name, name)

    def ship(self, name: str, text: str):
        """Make `text` the content of a file in deploy/."""
        (self.folder / "site/deploy" / name).write_text(text)

    def run(self, function: str) -> subprocess.CompletedProcess:
        """Run one function of the script."""
        text = (ROOT / "deploy/setup-debian.sh").read_text().partition("\ninstall_packages\n")[0] + f"\n{function}\n"
        replacements = {
            "site=/srv/unic/site": f"site={self.folder}/site",
            "certificates=/etc/ssl/unic": f"certificates={self.folder}/certificates",
            "shipped=/etc/unic/shipped": f"shipped={self.folder}/shipped",
            "/etc/nginx/": f"{self.folder}/nginx/",
            "/etc/systemd/system/": f"{self.folder}/units/",
            "/var/cache/nginx": f"{self.folder}/cache",
            "/run/systemd/system": str(self.folder),
        }
        for original, replacement in replacements.items():
            assert original in text, original
            text = text.replace(original, replacement)
        script = self.folder / "site/deploy/setup-debian.sh"
        script.write_text(text)
        environment = {"PATH": f"{self.folder}/programs:{os.environ['PATH']}", "FOLDER": str(self.folder)}
        return subprocess.run(["sh", script, "city.example.org"], env=environment, capture_output=True, text=True)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_new_configuration_of_nginx_that_is_invalid_is_replaced_by_the_previous_one(machine):
    assert machine.run("install_proxy").returncode == 0
    assert machine.proxy.read_text() == "server_name city.example.org; # 1\n"
    machine.ship("nginx.conf", "invalid\n")
    for _ in range(2):
        refused = machine.run("install_proxy")
        assert refused.returncode == 1 and "The previous file was put back" in refused.stderr
        assert machine.proxy.read_text() == "server_name city.example.org; # 1\n"
    machine.ship("nginx.conf", "server_name unic.example.org; # 2\n")
    assert machine.run("install_proxy").returncode == 0
    assert machine.proxy.read_text() == "server_name city.example.org; # 2\n"


def test_an_edited_configuration_is_kept_and_the_file_to_compare_it_with_exists(machine):
    machine.run("install_proxy")
    machine.proxy.write_text("edited\n")
    machine.ship("nginx.conf", "server_name unic.example.org; # 2\n")
    outcome = machine.run("install_proxy")
    assert outcome.returncode == 0 and machine.proxy.read_text() == "edited\n"
    named = outcome.stdout.partition("Compare it with ")[2].strip().removesuffix(".")
    assert Path(named).read_text() == "server_name city.example.org; # 2\n"
    # Also if nothing changes, the configuration is checked, and what was edited stays.
    machine.proxy.write_text("invalid edit\n")
    assert machine.run("install_proxy").returncode == 1 and machine.proxy.read_text() == "invalid edit\n"


def test_a_changed_unit_takes_effect(machine):
    machine.run("install_units")
    machine.calls.unlink()
    machine.run("install_units")
    assert not [call for call in machine.calls.read_text().splitlines() if not call.startswith("is-")]
    machine.ship("unic.service", "another")
    outcome = machine.run("install_units")
    assert {"daemon-reload", "restart unic.service"} <= set(machine.calls.read_text().splitlines())
    assert "Restarting unic.service" in outcome.stdout
