"""The command export_site: incremental, atomic, and with clear error messages."""

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pages.models import Page
from staticexport.mirror import Mirror
from tests.serving import MANAGE, PATIENCE, ROOT
from tests.staticexport.conftest import ADDRESS, numbers

pytestmark = pytest.mark.once
NOBODY = 65534


def change(exported, text: str):
    update = f"Milestone.objects.filter(key='item-60').update(body_en='<p>{text}</p>')"
    exported.run("shell", "-v", "0", "-c", f"from alliance.models import Milestone; {update}")


@pytest.mark.nightly
def test_an_export_writes_only_changed_files(exported):
    before = exported.files()
    second = exported.export()
    assert second.stdout.splitlines()[-1].startswith("Nothing has changed")
    assert exported.files() == before
    change(exported, "One change.")
    files, written, unchanged, removed = numbers(exported.export().stdout)
    after = exported.files()
    changed = {name for name in after if after[name][1] != before[name][1]}
    # The page of the timeline and the feed.
    assert changed == {"en/timeline/page-3/index.html", "en/timeline/feed.xml"}
    assert (written, removed) == (len(changed), 0) and unchanged == files - written
    unchanged_names = set(after) - changed - {".static-export"}
    assert all(after[name][0] == before[name][0] for name in unchanged_names)


@pytest.mark.nightly
def test_a_killed_export_keeps_the_old_mirror_and_the_next_one_succeeds(exported):
    before = exported.files()
    change(exported, "After a killed export.")
    work = exported.folder / ".mirror.export"
    process = exported.start()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None and not (work / "new/en/index.html").exists():
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert (work / "new").exists()
    assert exported.files() == before
    assert 0 < numbers(exported.export().stdout)[1] < 10
    assert "After a killed export." in exported.page("/en/timeline/page-3/")
    assert [path.name for path in work.iterdir()] == ["lock"]


@pytest.mark.nightly
def test_an_error_in_a_page_keeps_the_old_mirror(exported):
    before = exported.files()
    settings = exported.site.environment | {"DJANGO_SETTINGS_MODULE": "tests.staticexport.broken_page"}
    outcome = exported.export(env=settings)
    assert outcome.returncode == 1
    assert "/en/vision/ could not be rendered (500 Internal Server Error); see the log." in outcome.stderr
    assert "The mirror is unchanged." in outcome.stderr
    assert exported.files() == before


def as_nobody(command: list[str], **options) -> subprocess.CompletedProcess:
    """Run a command as an ordinary user with a restrictive umask.

    If root runs the tests, the user has the capability to read all files, as Python and the checkout may be in a folder
    of root.
    """
    if os.geteuid() == 0:
        capabilities = "-all,+dac_read_search"
        user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = ["setpriv", *user, f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", *command]
    return subprocess.run(command, cwd=ROOT, umask=0o077, capture_output=True, text=True, timeout=PATIENCE, **options)


@pytest.mark.nightly
def test_the_export_of_an_ordinary_user_is_readable_by_a_web_server(exported):
    with tempfile.TemporaryDirectory(prefix="unic-mirror-") as name:
        folder = Path(name)
        shutil.copytree(exported.site.data, folder / "data")
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", str(NOBODY), folder], check=True)
        command = [*MANAGE, "export_site", "--to", str(folder / "mirror"), "--address", ADDRESS]
        outcome = as_nobody(command, env=exported.site.environment | {"DATA_DIR": str(folder / "data")})
        assert outcome.returncode == 0, outcome.stderr
        mirror = folder / "mirror"
        assert (mirror / "en/index.html").is_file()
        unreadable = [
            path for path in (mirror, *mirror.rglob("*")) if path.stat().st_mode & 0o777 not in (0o755, 0o644)
        ]
        assert not unreadable


def test_a_folder_that_cannot_be_written_is_reported():
    with tempfile.TemporaryDirectory(prefix="unic-mirror-") as name, tempfile.TemporaryDirectory() as data:
        if os.geteuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        (folder := Path(name)).chmod(0o555)
        command = [*MANAGE, "export_site", "--to", str(folder / "mirror"), "--address", ADDRESS]
        outcome = as_nobody(command, env=os.environ | {"DATA_DIR": data})
        folder.chmod(0o755)
    assert outcome.returncode == 1
    assert f"{folder}/.mirror.export cannot be written. Make {folder} " in outcome.stderr
    assert outcome.stderr.count("\n") == 1


# Tests within this process, without rendered pages.


def export(path: Path, address: str = ADDRESS, **options):
    call_command("export_site", to=path, address=address, **options)


@pytest.fixture
def pages(monkeypatch):
    """A mirror of many small files instead of the site."""
    files = {f"en/{number}/index.html": b"page" for number in range(450)}
    monkeypatch.setattr(Mirror, "files", lambda self: iter(files.items()))
    return files


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "There is no space left for"),
        (errno.EDQUOT, "There is no space left for"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_error_of_the_disk_keeps_the_old_mirror(pages, tmp_path, monkeypatch, number, sentence):
    export(tmp_path / "mirror", verbosity=0)
    (tmp_path / "mirror/en/7/index.html").write_text("changed")

    def fail(path, *arguments):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "open", fail)
    monkeypatch.setattr("staticexport.folder.Path.open", fail)
    with pytest.raises(CommandError, match=sentence) as raised:
        export(tmp_path / "mirror")
    monkeypatch.undo()
    assert str(raised.value).endswith("The mirror is unchanged.")
    assert len(list((tmp_path / "mirror/en").iterdir())) == len(pages)


def test_a_folder_with_other_files_is_refused_before_a_page_is_rendered(tmp_path):
    (tmp_path / "thesis.odt").touch()
    with pytest.raises(CommandError, match="contains files that no export wrote"):
        export(tmp_path)
    assert (tmp_path / "thesis.odt").exists()


def test_an_export_prints_its_progress_and_a_summary(pages, tmp_path, capsys):
    export(tmp_path / "mirror")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "200 of at least 200 files, about 0 s left"
    assert lines[-1] == f"{tmp_path}/mirror has 450 files: 450 written, 0 unchanged, 0 removed."
    export(tmp_path / "mirror", verbosity=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "address",
    [
        "unic.example.org",
        "ftp://unic.example.org",
        "https://",
        "https://unic.example.org/site/",
        "https://unic.example.org/?a=b",
        "https://user@unic.example.org",
        "https://uni c.example.org",
        "https://[",
    ],
)
def test_an_invalid_address_is_refused(tmp_path, address):
    with pytest.raises(CommandError, match="is not the address of a site"):
        export(tmp_path / "mirror", address)
    assert not (tmp_path / "mirror").exists()


@pytest.mark.django_db
def test_a_site_without_a_home_page_is_not_exported(tmp_path, settings):
    settings.LANGUAGES = [("en", "English")]
    Page.objects.update(is_published=False)
    with pytest.raises(CommandError, match="has no home page at /en/"):
        export(tmp_path / "mirror")
    assert not (tmp_path / "mirror").exists()
