"""Key files are created once and atomically, and only their owner can read them."""

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


def test_a_key_is_created_once_and_only_its_owner_can_read_it(folder):
    key = key_files.read_or_create(folder / "key", random_key)
    assert len(key) == 32
    assert key_files.read_or_create(folder / "key", random_key) == key
    assert mode(folder / "key") == 0o600
    assert [path.name for path in folder.iterdir()] == ["key"]


def test_permissions_of_other_users_on_a_key_are_removed(folder):
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "key").chmod(0o644)
    assert key_files.read(folder / "key") == b"k" * 32
    assert mode(folder / "key") == 0o600


def create_key(path: Path, start, results):
    start.wait()
    results.put(key_files.read_or_create(path, random_key))


def test_processes_that_start_at_the_same_time_get_the_same_key(folder):
    context = multiprocessing.get_context("fork")
    for n in range(5):
        start, results = context.Event(), context.Queue()
        workers = [context.Process(target=create_key, args=(folder / f"key-{n}", start, results)) for _ in range(8)]
        for worker in workers:
            worker.start()
        start.set()
        keys = {results.get(timeout=60) for _ in workers}
        for worker in workers:
            worker.join()
        assert keys == {(folder / f"key-{n}").read_bytes()}
    assert not list(folder.glob(".*"))


def test_a_slower_process_uses_the_key_of_the_faster_one(folder):
    def create() -> bytes:
        # Another process writes its key while this one creates its own.
        (folder / "key").write_bytes(b"faster")
        return b"slower"

    assert key_files.read_or_create(folder / "key", create) == b"faster"


def test_a_full_disk_leaves_no_key_and_no_temporary_file(folder):
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
