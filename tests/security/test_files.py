"""Atomic writing of files."""

import errno
import os

import pytest

from security.files import write_atomically


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    return path


def test_a_file_is_replaced_by_the_new_content(folder):
    path = folder / "page"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(folder.iterdir()) == [path]


def test_only_the_owner_can_read_a_file(folder):
    write_atomically(folder / "page", b"new")
    assert (folder / "page").stat().st_mode & 0o777 == 0o600


def test_a_file_for_other_users_is_readable_whatever_the_umask(folder):
    before = os.umask(0o077)
    try:
        write_atomically(folder / "error.html", b"new", mode=0o644)
    finally:
        os.umask(before)
    assert (folder / "error.html").stat().st_mode & 0o777 == 0o644


def test_without_replaces_an_existing_file_is_kept(folder):
    path = folder / "key"
    write_atomically(path, b"first", replaces=False)
    write_atomically(path, b"second", replaces=False)
    assert path.read_bytes() == b"first"
    assert list(folder.iterdir()) == [path]


def test_a_full_disk_keeps_the_old_file_and_leaves_no_temporary_file(folder, monkeypatch):
    path = folder / "page"
    write_atomically(path, b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new", is_durable=True)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]
