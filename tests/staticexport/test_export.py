"""The command export_site: incremental, unharmed by faults, and clear about them."""

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


def test_a_second_export_writes_nothing_and_a_change_only_its_pages(exported):
    before = exported.files()
    again = exported.export()
    assert again.stdout.splitlines()[-1].startswith("Nothing has changed")
    assert exported.files() == before
    change(exported, "One change.")
    files, written, unchanged, removed = numbers(exported.export().stdout)
    after = exported.files()
    other = {name for name in after if after[name][1] != before[name][1]}
    # Its part of the timeline and its feed.
    assert other == {"en/timeline/page-3/index.html", "en/timeline/feed.xml"}
    assert (written, removed) == (len(other), 0) and unchanged == files - written
    same = set(after) - other - {".static-export"}
    assert all(after[name][0] == before[name][0] for name in same)


def test_an_export_that_is_killed_leaves_the_old_mirror_and_the_next_one_finishes(exported):
    before = exported.files()
    change(exported, "Killed at first.")
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
    assert "Killed at first." in exported.page("/en/timeline/page-3/")
    assert [one.name for one in work.iterdir()] == ["lock"]


def test_a_page_that_cannot_be_made_leaves_the_old_mirror(exported):
    before = exported.files()
    settings = exported.site.environment | {"DJANGO_SETTINGS_MODULE": "tests.staticexport.broken_page"}
    outcome = exported.export(env=settings)
    assert outcome.returncode == 1
    assert "/en/vision/ could not be made (500 Internal Server Error); the log says why." in outcome.stderr
    assert "The mirror is as it was." in outcome.stderr
    assert exported.files() == before


def as_nobody(command: list[str], **options) -> subprocess.CompletedProcess:
    """Run a command as an ordinary user whose files nobody else may read.

    Where root runs the tests, it may read all that root may: Python and this repository can lie in root's own folder.
    """
    if os.geteuid() == 0:
        only = "-all,+dac_read_search"
        user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = ["setpriv", *user, f"--inh-caps={only}", f"--ambient-caps={only}", *command]
    return subprocess.run(command, cwd=ROOT, umask=0o077, capture_output=True, text=True, timeout=PATIENCE, **options)


def test_an_ordinary_user_exports_what_a_web_server_can_read(exported):
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
        unreadable = [one for one in (mirror, *mirror.rglob("*")) if one.stat().st_mode & 0o777 not in (0o755, 0o644)]
        assert not unreadable


def test_a_folder_that_cannot_be_written_is_named():
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


# Within this process, where no page needs to be made.


def export(path: Path, address: str = ADDRESS, **options):
    call_command("export_site", to=path, address=address, **options)


@pytest.fixture
def pages(monkeypatch):
    """A mirror of many small files in place of the site's."""
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
def test_a_disk_that_fails_leaves_the_old_mirror(pages, tmp_path, monkeypatch, number, sentence):
    export(tmp_path / "mirror", verbosity=0)
    (tmp_path / "mirror/en/7/index.html").write_text("changed")

    def fail(path, *arguments):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "open", fail)
    monkeypatch.setattr("staticexport.folder.Path.open", fail)
    with pytest.raises(CommandError, match=sentence) as raised:
        export(tmp_path / "mirror")
    monkeypatch.undo()
    assert str(raised.value).endswith("The mirror is as it was.")
    assert len(list((tmp_path / "mirror/en").iterdir())) == len(pages)


def test_a_folder_of_others_is_refused_before_any_page_is_made(tmp_path):
    (tmp_path / "thesis.odt").touch()
    with pytest.raises(CommandError, match="holds files that no export wrote"):
        export(tmp_path)
    assert (tmp_path / "thesis.odt").exists()


def test_long_work_says_how_far_it_is_and_ends_with_a_summary(pages, tmp_path, capsys):
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
def test_what_is_no_address_of_a_site_is_refused(tmp_path, address):
    with pytest.raises(CommandError, match="is not the address of a site"):
        export(tmp_path / "mirror", address)
    assert not (tmp_path / "mirror").exists()


@pytest.mark.django_db
def test_a_site_without_a_home_page_has_no_mirror(tmp_path, settings):
    settings.LANGUAGES = [("en", "English")]
    Page.objects.update(is_published=False)
    with pytest.raises(CommandError, match="has no home page at /en/"):
        export(tmp_path / "mirror")
    assert not (tmp_path / "mirror").exists()
