"""A file is written whole or not at all."""

import errno
import os

import pytest

from security.files import write_atomically


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "folder"
    made.mkdir()
    return made


def test_a_file_is_replaced_by_the_new_content(folder):
    path = folder / "page"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(folder.iterdir()) == [path]


def test_only_its_owner_can_read_it(folder):
    write_atomically(folder / "page", b"new")
    assert (folder / "page").stat().st_mode & 0o777 == 0o600


def test_a_file_that_may_not_be_replaced_stays(folder):
    path = folder / "key"
    write_atomically(path, b"first", replaces=False)
    write_atomically(path, b"second", replaces=False)
    assert path.read_bytes() == b"first"
    assert list(folder.iterdir()) == [path]


def test_on_a_full_disk_the_old_file_stays_and_no_other_is_left(folder, monkeypatch):
    path = folder / "page"
    write_atomically(path, b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new", is_durable=True)
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]
