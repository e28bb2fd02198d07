"""The folder of the mirror: replaced atomically, and files of others are never overwritten."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from staticexport import folder as folders
from staticexport.folder import FILE_LIST, Folder, FolderError

pytestmark = pytest.mark.once
PAGES = {"index.html": b"root", "en/index.html": b"home", "en/vision/index.html": b"vision"}


def export(path: Path, files: dict[str, bytes]) -> Folder:
    with (folder := Folder(path)).replaced():
        for name, content in files.items():
            folder.put(name, content)
        folder.removed = folder.switch()
    return folder


def content_of(path: Path) -> dict[str, bytes]:
    files = (file for file in path.rglob("*") if file.is_file() and file.name != FILE_LIST)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


@pytest.fixture(params=[True, False], ids=["atomic", "two renames"])
def path(request, tmp_path, monkeypatch) -> Path:
    """A folder on systems with and without an atomic swap of folders."""
    if not request.param:
        monkeypatch.setattr(folders, "exchange", lambda first, second: False)
    return tmp_path / "mirror"


def test_only_changed_files_are_written(path):
    assert export(path, PAGES).written == 3
    inode = (path / "en/index.html").stat().st_ino
    second = export(path, PAGES | {"index.html": b"new root"})
    assert (second.written, second.removed) == (1, 0)
    assert content_of(path) == PAGES | {"index.html": b"new root"}
    assert (path / "en/index.html").stat().st_ino == inode


def test_removed_pages_are_deleted_with_their_folders(path):
    export(path, PAGES)
    remaining = {name: content for name, content in PAGES.items() if "vision" not in name}
    assert export(path, remaining).removed == 1
    assert content_of(path) == remaining and not (path / "en/vision").exists()
    assert [file.name for file in Folder(path).work.iterdir()] == ["lock"]


def test_an_unchanged_mirror_is_not_replaced(path):
    export(path, PAGES)
    before = path.stat().st_ino
    second = export(path, PAGES)
    assert (second.written, second.removed, path.stat().st_ino) == (0, 0, before)


def test_a_file_that_was_changed_manually_is_written_again(path):
    export(path, PAGES)
    (path / "index.html").write_bytes(b"ROOT")
    (path / "en/index.html").rename(path.parent / "elsewhere")
    (path / "en/index.html").symlink_to(path.parent / "elsewhere")
    assert export(path, PAGES).written == 2
    assert content_of(path) == PAGES and not (path / "en/index.html").is_symlink()


def test_files_of_the_old_mirror_are_not_written_to(path):
    export(path, PAGES)
    names = [*PAGES, FILE_LIST]
    for number, name in enumerate(names):
        (path.parent / str(number)).hardlink_to(path / name)
    before = [(path / name).read_bytes() for name in names]
    export(path, dict.fromkeys([*PAGES, "new.html"], b"new"))
    assert [(path.parent / str(number)).read_bytes() for number in range(len(names))] == before
    with pytest.raises(FileExistsError), Folder(path).replaced() as folder:
        folder.put("index.html", b"new")
        folder.put("index.html", b"newer")
    assert (path / "index.html").read_bytes() == b"new"


def test_the_old_mirror_stays_if_the_new_one_is_incomplete(path):
    export(path, PAGES)
    with pytest.raises(RuntimeError), (folder := Folder(path)).replaced():
        folder.put("index.html", b"new root")
        raise RuntimeError
    assert content_of(path) == PAGES
    assert [file.name for file in folder.work.iterdir()] == ["lock"]


def test_the_next_run_cleans_up_after_one_that_was_killed_between_two_renames(tmp_path):
    path = tmp_path / "mirror"
    export(path, PAGES)
    work = Folder(path).work
    (work / "new").mkdir()
    path.rename(work / "old")
    with Folder(path).replaced():
        assert content_of(path) == PAGES
    assert not (work / "old").exists() and not (work / "new").exists()


def test_files_that_others_added_to_the_mirror_stay(path):
    export(path, PAGES)
    (path / ".htaccess").write_text("ErrorDocument 404 /404.html")
    (path / ".well-known/empty").mkdir(parents=True)
    (path / "en/proof.txt").write_text("mine")
    (path / "link").symlink_to("en/proof.txt")
    export(path, {"index.html": b"new root"})
    assert (path / ".htaccess").read_text() == "ErrorDocument 404 /404.html"
    assert (path / "en/proof.txt").read_text() == "mine" and (path / ".well-known/empty").is_dir()
    assert (path / "link").readlink() == Path("en/proof.txt")
    assert (path / "index.html").read_bytes() == b"new root" and not (path / "en/index.html").exists()


def test_a_file_of_others_with_the_name_of_a_page_is_reported_and_stays(path):
    export(path, PAGES)
    (path / "about").mkdir()
    (path / "about/index.html").write_text("mine")
    with pytest.raises(FolderError, match=r"about/index\.html"):
        export(path, PAGES | {"about/index.html": b"about"})
    assert content_of(path) == PAGES | {"about/index.html": b"mine"}


def test_a_folder_with_files_that_no_export_wrote_is_refused(path):
    path.mkdir()
    (path / "thesis.odt").write_text("thesis")
    with pytest.raises(FolderError, match="contains files that no export wrote"):
        export(path, PAGES)
    assert content_of(path) == {"thesis.odt": b"thesis"}


def test_an_empty_folder_is_accepted(path):
    path.mkdir()
    export(path, PAGES)
    assert content_of(path) == PAGES


def test_a_symbolic_link_stays_and_its_folder_is_replaced(path):
    link = path.with_name("public")
    link.symlink_to(path.name)
    export(link, PAGES)
    export(link, {"index.html": b"new root"})
    assert link.is_symlink() and content_of(link) == content_of(path) == {"index.html": b"new root"}


def test_a_file_or_a_missing_parent_folder_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="is a file"):
        export(tmp_path / "file", PAGES)
    with pytest.raises(FolderError, match="is missing"):
        export(tmp_path / "no/mirror", PAGES)


def test_a_second_export_at_the_same_time_is_refused(path):
    with Folder(path).replaced(), pytest.raises(FolderError, match=r"Another export to .* is running"):
        export(path, PAGES)


def test_the_mirror_is_never_missing_or_incomplete(tmp_path):
    """Watched by another process, while the mirror is replaced fifty times."""
    path = tmp_path / "mirror"
    export(path, {"a": b"0", "b": b"0"})
    watch = """
import sys
from pathlib import Path
path = Path(sys.argv[1])
print("ready", flush=True)
while not (path.parent / "stop").exists():
    path.stat(), (path / "a").stat()
"""
    watcher = subprocess.Popen(
        [sys.executable, "-c", watch, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watcher.stdout.readline()
    for number in range(50):
        export(path, {"a": str(number).encode(), "b": b"1"})
    (tmp_path / "stop").touch()
    _out, errors = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, errors


def test_files_are_readable_by_the_web_server_independent_of_the_umask(path):
    before = os.umask(0o077)
    try:
        export(path, PAGES)
    finally:
        os.umask(before)
    for file in [path, *path.rglob("*")]:
        assert file.stat().st_mode & 0o777 == (0o755 if file.is_dir() else 0o644), file
