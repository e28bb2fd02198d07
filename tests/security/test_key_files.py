"""Key files are complete or absent, are made once, and are their owner's alone."""

import multiprocessing
import os
import resource
from pathlib import Path

import pytest

from security import key_files

pytestmark = pytest.mark.once


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "keys"
    path.mkdir()
    return path


def random_key() -> bytes:
    return os.urandom(32)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_is_made_once_and_is_its_owners_alone(folder):
    key = key_files.read_or_create(folder / "key", random_key)
    assert len(key) == 32
    assert key_files.read_or_create(folder / "key", random_key) == key
    assert mode(folder / "key") == 0o600
    assert [path.name for path in folder.iterdir()] == ["key"]


def test_a_key_that_others_can_read_is_closed_to_them(folder):
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "key").chmod(0o644)
    assert key_files.read(folder / "key") == b"k" * 32
    assert mode(folder / "key") == 0o600


def make_key(path: Path, start, results):
    start.wait()
    results.put(key_files.read_or_create(path, random_key))


def test_processes_that_start_at_once_end_with_the_same_key(folder):
    context = multiprocessing.get_context("fork")
    for attempt in range(5):
        start, results = context.Event(), context.Queue()
        workers = [context.Process(target=make_key, args=(folder / f"key-{attempt}", start, results)) for _ in range(8)]
        for worker in workers:
            worker.start()
        start.set()
        keys = {results.get(timeout=60) for _ in workers}
        for worker in workers:
            worker.join()
        assert keys == {(folder / f"key-{attempt}").read_bytes()}
    assert not list(folder.glob(".*"))


def test_a_process_that_was_slower_takes_the_key_of_the_faster(folder):
    def make() -> bytes:
        # Another process writes its key while this one makes its own.
        (folder / "key").write_bytes(b"faster")
        return b"slower"

    assert key_files.read_or_create(folder / "key", make) == b"faster"


def test_a_full_disk_leaves_no_key_and_no_other_file(folder):
    context = multiprocessing.get_context("fork")

    def write_on_a_full_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            key_files.read_or_create(folder / "key", random_key)
        except OSError:
            os._exit(7)

    worker = context.Process(target=write_on_a_full_disk)
    worker.start()
    worker.join(60)
    assert worker.exitcode == 7
    assert not list(folder.iterdir())
