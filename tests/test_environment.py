"""Configuration by environment variables. Invalid values are reported in one sentence at the start."""

import multiprocessing
import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from unic_site.settings import private_folder

ROOT = Path(__file__).parents[1]
NOBODY = 65534
pytestmark = pytest.mark.once


@pytest.fixture
def environment(tmp_path):
    """An environment without configuration, with its own data folder."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {"DATA_DIR": str(tmp_path / "var")}


def manage(environment: dict[str, str], *arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, **options)


def setting_value(environment: dict[str, str], setting: str) -> str:
    command = [sys.executable, "-c", f"from unic_site import settings; print(settings.{setting})"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip()


def refused(environment: dict[str, str], *names: str, **options) -> str:
    """Check that the program exits with one sentence that contains `names`, and return the sentence."""
    outcome = manage(environment, "check", **options)
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1), outcome.stderr
    assert outcome.stderr.startswith("Configuration: ")
    for name in names:
        assert name in outcome.stderr
    return outcome.stderr


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://localhost/site"),
        ("DATABASE_URL", "postgres"),
        ("DEBUG", "perhaps"),
        ("HTTPS", "maybe"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
        ("REQUIRED_LANGUAGES", "pl,xx"),
        ("REQUIRED_LANGUAGES", "en"),
        ("TIME_ZONE", "Europe/Lodz"),
        ("TIME_ZONE", "../localtime"),
        ("LANGUAGES", "en,,cs"),
        ("LANGUAGES", "en,cs,en"),
        ("LANGUAGES", "en,xx"),
        ("LANGUAGES", "mt,en"),
        ("HIDDEN_LANGUAGES", "cs"),
        ("HIDDEN_LANGUAGES", "en"),
        ("SITE_DIR", "/proc/none"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("HSTS_PRELOAD", "true"),
        ("EMAIL_URL", "mail.example.org"),
        ("CONSENT_SEAL_KEY", "c2hvcnQ="),
        ("CONSENT_RETENTION_MONTHS", "1"),
        ("PAGE_CACHE_MEGABYTES", "many"),
        ("ACCESS_LOG", "some"),
        ("ALLOWED_HOSTS", "https://unic.example.org"),
        ("ALLOWED_HOSTS", "unic.example.org:443"),
        ("ALLOWED_HOSTS", "unic.example.org www.unic.example.org"),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "postgres://unic@127.0.0.1/unic?pool=no"),
        ("DATABASE_URL", "sqlite://relative.sqlite3"),
        ("DATABSE_URL", "postgres://unic@127.0.0.1/unic"),
    ],
)
def test_an_invalid_value_is_reported_in_one_sentence(environment, name, value):
    refused(environment | {name: value}, name)


def test_a_misspelt_name_is_reported_with_the_right_one(environment):
    for name, meant in (("DATABSE_URL", "DATABASE_URL"), ("EMAIL_URL_FLIE", "EMAIL_URL_FILE")):
        assert f"{name} is no setting; did you mean {meant}?" in refused(environment | {name: "x"})
    # Of other programs.
    others = {"LANGUAGE": "pl", "HTTPS_PROXY": "x", "DEBUGINFOD_URLS": "x"}
    assert manage(environment | others, "check").returncode == 0


def test_differences_to_the_default_settings_are_listed(environment):
    # With DEBUG, because the settings contain addresses of static files, which are not built here.
    assert "ALLOWED_HOSTS" in manage(environment | {"DEBUG": "true"}, "diffsettings").stdout


def test_a_production_site_on_sqlite_gets_a_warning(environment):
    production = environment | {"HTTPS": "1", "ALLOWED_HOSTS": "unic.example.org"}
    assert "operations.W001" in manage(production, "check", "--deploy").stderr


def test_a_refused_secret_is_not_shown(environment):
    for name, value in (("DATABASE_URL", "postgres://unic:hu[nter2@host/x"), ("SECRET_KEY", "hunter2")):
        assert "nter2" not in refused(environment | {name: value}, name)


def test_an_empty_variable_is_unset(environment):
    documented = [line.split("`")[1] for line in (ROOT / "docs/settings.md").read_text().splitlines() if "| `" in line]
    empty = dict.fromkeys(set(documented) - {"DATA_DIR"}, "")
    outcome = manage(environment | empty, "check")
    assert outcome.returncode == 0, outcome.stderr


def test_exactly_the_variables_of_the_settings_are_documented():
    source = (ROOT / "unic_site/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    table = (ROOT / "docs/settings.md").read_text()
    assert read == set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))


def test_the_time_zone_of_the_site_is_a_setting(environment):
    assert setting_value(environment, "TIME_ZONE") == "Europe/Warsaw"
    assert setting_value(environment | {"TIME_ZONE": "Europe/Helsinki"}, "TIME_ZONE") == "Europe/Helsinki"


def test_a_value_can_come_from_a_file(environment, tmp_path):
    (tmp_path / "key").write_text("k" * 60 + "\n")
    assert setting_value(environment | {"SECRET_KEY_FILE": str(tmp_path / "key")}, "SECRET_KEY") == "k" * 60
    assert not (tmp_path / "var/secret_key").exists()


def test_a_file_without_a_value_is_reported(environment, tmp_path):
    missing = str(tmp_path / "missing")
    refused(environment | {"DATABASE_URL_FILE": missing}, f"DATABASE_URL_FILE={missing} cannot be read: No such file")
    (tmp_path / "empty").write_text("\n")
    refused(environment | {"EMAIL_URL_FILE": str(tmp_path / "empty")}, "EMAIL_URL_FILE", "empty file")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    refused(environment | {"SECRET_KEY_FILE": str(tmp_path / "binary")}, "SECRET_KEY_FILE", "not a text file")
    both = {"SECRET_KEY": "k" * 60, "SECRET_KEY_FILE": missing}
    refused(environment | both, "SECRET_KEY and SECRET_KEY_FILE are both set")


def test_only_the_user_can_read_the_data_folder_and_new_files(environment, tmp_path):
    code = (
        "from django.core.files.storage import default_storage as s; from django.core.files.base import ContentFile; "
    )
    code += "s.save('a/b.txt', ContentFile(b'x')); open(settings.DATA_DIR / 'plain', 'w').close()"
    outcome = manage(environment, "shell", "-v", "0", "-c", f"from django.conf import settings; {code}")
    assert outcome.returncode == 0, outcome.stderr
    created = [tmp_path / "var", *(tmp_path / "var").rglob("*")]
    assert {"secret_key", "plain"} <= {path.name for path in created} and any(path.suffix == ".txt" for path in created)
    assert not [path for path in created if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_the_permissions_of_a_data_folder_are_restricted(environment, tmp_path):
    folder = tmp_path / "var"
    for start in range(2):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        # An empty folder at the first start; a folder with the files of the program at the second.
        assert setting_value(environment, "DATA_DIR") == str(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, start


def test_a_folder_with_other_files_is_refused_and_not_changed(environment, tmp_path):
    (tmp_path / "var").mkdir(mode=0o755)
    (tmp_path / "var/index.html").touch()
    (tmp_path / "var").chmod(0o755)
    refused(environment, "DATA_DIR", "chmod 700")
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o755


def test_the_secret_key_is_generated_once(environment):
    key = setting_value(environment, "SECRET_KEY")
    assert len(key) >= 50
    assert setting_value(environment, "SECRET_KEY") == key


@pytest.mark.parametrize("content", ["", "short", "é" * 60])
def test_an_invalid_secret_key_file_is_reported_with_the_remedy(environment, tmp_path, content):
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var/secret_key").write_text(content, encoding="utf-8")
    refused(environment, str(tmp_path / "var/secret_key"), "empty or damaged; restore it from the copy of the keys")


def test_a_data_folder_that_cannot_be_created_is_reported(environment):
    refused(environment | {"DATA_DIR": "/proc/none"}, "DATA_DIR=/proc/none cannot be used")


def test_a_data_folder_without_write_permission_is_reported():
    # Not in the folder of pytest, which other users cannot enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o500)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        results = multiprocessing.get_context("fork").Queue()

        def use_as_ordinary_user():
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            try:
                results.put(str(private_folder(Path(folder))))
            except ImproperlyConfigured as error:
                results.put(str(error))

        process = multiprocessing.get_context("fork").Process(target=use_as_ordinary_user)
        process.start()
        assert results.get(timeout=60).startswith(f"DATA_DIR={folder} cannot be written to by this user")
        process.join()


def test_the_first_language_is_the_source_and_hidden_ones_are_not_for_visitors(environment):
    chosen = environment | {"LANGUAGES": "cs, it,mt,sr-latn", "HIDDEN_LANGUAGES": "mt"}
    assert setting_value(chosen, "LANGUAGE_CODE") == "cs"
    names = "{'cs': 'Čeština', 'it': 'Italiano', 'mt': 'Malti', 'sr-latn': 'Srpski (latinica)'}"
    assert setting_value(chosen, "CONTENT_LANGUAGES") == names
    assert "mt" not in setting_value(chosen, "LANGUAGES")


def test_files_of_the_installation_come_before_those_of_the_program(environment, tmp_path):
    own = tmp_path / "own"
    for name in ("templates", "static", "content"):
        (own / name).mkdir(parents=True)
    chosen = environment | {"SITE_DIR": str(own)}
    assert setting_value(chosen, "TEMPLATES[0]['DIRS']") == str([own / "templates", ROOT / "templates"])
    assert setting_value(chosen, "STATICFILES_DIRS") == str([own / "static", ROOT / "static"])
    assert setting_value(chosen, "CONTENT_DIR") == str(own / "content")
    assert setting_value(environment, "CONTENT_DIR") == str(ROOT / "content")


def test_https_enables_secure_settings_and_trusts_local_proxies(environment):
    assert setting_value(environment, "TRUSTED_PROXIES") == "[]"
    production = environment | {"HTTPS": "true"}
    assert "127.0.0.0/8" in setting_value(production, "TRUSTED_PROXIES") and "unix" in setting_value(
        production, "TRUSTED_PROXIES"
    )
    assert (
        setting_value(production, "SECURE_SSL_REDIRECT") == setting_value(production, "COOKIE_CONSENT_SECURE") == "True"
    )
    names = "SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.COOKIE_CONSENT_NAME"
    assert setting_value(environment, names) == "sessionid csrftoken cookie_consent"
    assert setting_value(production, names) == "__Host-sessionid __Host-csrftoken __Host-cookie_consent"
    with_proxies = setting_value(production | {"TRUSTED_PROXIES": "192.0.2.1, 2001:db8::/32"}, "TRUSTED_PROXIES")
    assert "192.0.2.1/32" in with_proxies and "127.0.0.0" not in with_proxies


def test_hosts_may_be_separated_with_spaces(environment):
    spaced = {"ALLOWED_HOSTS": "a.example, b.example"}
    assert setting_value(environment | spaced, "ALLOWED_HOSTS") == "['a.example', 'b.example']"


def test_hsts_includes_subdomains_only_if_configured(environment):
    names = "SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD"
    production = environment | {"HTTPS": "true"}
    assert setting_value(production, names) == "31536000 False False"
    assert setting_value(production | {"HSTS_INCLUDE_SUBDOMAINS": "true"}, names) == "31536000 True False"
    both = {"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}
    assert setting_value(production | both, names) == "31536000 True True"


def test_production_settings_pass_djangos_deployment_check(environment):
    production = environment | {"HTTPS": "1", "ALLOWED_HOSTS": "unic.example.org"}
    production["DATABASE_URL"] = "postgres://unic@127.0.0.1:1/unic"
    outcome = manage(production, "check", "--deploy", "--fail-level", "WARNING")
    assert outcome.returncode == 0, outcome.stderr
    assert "no issues" in outcome.stdout
