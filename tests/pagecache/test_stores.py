"""The LRU cache in memory, and the copy of the page cache on disk."""

import os
import time

import pytest

from pagecache.disk import DiskCache
from pagecache.key import CacheKey
from pagecache.lru import LRUCache
from pagecache.response import CachedPage, Response
from security.files import UNFINISHED

pytestmark = pytest.mark.once
# The size of a page without a body.
EMPTY = 8192


def key(path: str = "/en/", host: str = "localhost") -> CacheKey:
    return CacheKey("http", host, path, "", "1 asked")


def page(size: int = EMPTY, version: str = "version") -> CachedPage:
    return CachedPage.of(Response(200, [("Content-Type", "image/png")], b"x" * (size - EMPTY)), "", version, "build")


# In memory


def test_a_page_of_an_eighth_of_the_limit_is_kept_and_a_larger_one_is_not():
    pages = LRUCache(8 * 10_000)
    pages.put(key("/a/"), page(10_000))
    pages.put(key("/b/"), page(10_001))
    assert pages.get(key("/a/")) and not pages.get(key("/b/"))
    assert pages.size == 10_000


def test_a_page_is_removed_if_its_new_version_is_too_large():
    pages = LRUCache(8 * 10_000)
    pages.put(key(), page(10_000))
    pages.put(key(), page(10_001))
    assert (pages.get(key()), pages.size) == (None, 0)


def test_as_many_pages_are_kept_as_the_limit_allows():
    pages = LRUCache(8 * 10_000)
    for number in range(8):
        pages.put(key(f"/{number}/"), page(10_000))
    assert pages.size == pages.limit and len(pages.pages) == 8
    pages.put(key("/8/"), page(10_000))
    assert pages.size == pages.limit
    assert not pages.get(key("/0/")) and pages.get(key("/1/")) and pages.get(key("/8/"))


def test_the_least_recently_used_page_is_evicted_first():
    pages = LRUCache(8 * 10_000)
    for number in range(8):
        pages.put(key(f"/{number}/"), page(10_000))
    pages.get(key("/0/"))
    pages.put(key("/8/"), page(10_000))
    assert pages.get(key("/0/")) and not pages.get(key("/1/"))


def test_a_page_that_replaces_another_counts_once():
    pages = LRUCache(8 * 10_000)
    pages.put(key(), page(9_000))
    pages.put(key(), newer := page(10_000))
    assert (pages.get(key()), pages.size) == (newer, 10_000)


def test_discarding_a_page_frees_its_bytes():
    pages = LRUCache(8 * 10_000)
    pages.put(key(), page(9_000))
    pages.discard(key("/other/"))
    assert pages.size == 9_000
    pages.discard(key())
    assert (pages.get(key()), pages.size) == (None, 0)


# On disk


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    return folder


def test_a_page_is_read_as_it_was_written(folder):
    headers = [("Content-Type", "text/html"), ("Content-Language", "pl")]
    written = CachedPage.of(Response(200, headers, b"<p>Text</p>" * 50), "Cookie", "version", "build")
    DiskCache(folder, 1_000_000).write(key(), written)
    ((read_key, read),) = DiskCache(folder, 1_000_000).read()
    assert read_key == key() and isinstance(read_key, CacheKey)
    for encoding in ("", "br", "gzip", "zstd"):
        request = {"HTTP_ACCEPT_ENCODING": encoding}
        assert read.response(request) == written.response(request)
    assert (read.content_version, read.build, read.rendered_at) == ("version", "build", written.rendered_at)
    assert DiskCache(folder, 1_000_000).find(key()).bodies == written.bodies


def test_a_page_is_found_by_its_whole_key(folder):
    disk = DiskCache(folder, 1_000_000)
    disk.write(key(), page())
    assert disk.find(key(host="unic.example")) is None and disk.find(key("/pl/")) is None


def test_pages_are_read_in_the_order_of_their_rendering(folder):
    disk, pages = DiskCache(folder, 1_000_000), [page(version=str(number)) for number in range(5)]
    for number in (3, 1, 4, 0, 2):
        pages[number].rendered_at = 1000.0 - number
        disk.write(key(f"/{number}/"), pages[number])
    assert [read.content_version for _key, read in disk.read()] == ["4", "3", "2", "1", "0"]


def test_a_page_can_be_discarded_twice(folder):
    disk = DiskCache(folder, 1_000_000)
    disk.write(key(), page())
    disk.discard(key())
    disk.discard(key())
    assert disk.find(key()) is None and disk.read() == []


def test_above_the_limit_the_oldest_files_are_deleted_until_three_quarters_remain(folder):
    disk = DiskCache(folder, 100_000)
    for number in range(9):
        disk.write(key(f"/{number}/"), page(EMPTY + 10_000))
        os.utime(disk.path(key(f"/{number}/")), (1000 + number, 1000 + number))
    assert len(disk.pages()) == 9, "they fit"
    disk.write(key("/9/"), page(EMPTY + 10_000))
    assert {read_key.path for read_key, _page in disk.read()} == {f"/{number}/" for number in range(3, 10)}
    assert disk.size == sum(file.stat().st_size for file in disk.pages()) <= 75_000


def test_the_size_includes_the_files_of_an_earlier_process(folder):
    DiskCache(folder, 1_000_000).write(key(), page(EMPTY + 10_000))
    assert DiskCache(folder, 1_000_000).size == sum(file.stat().st_size for file in folder.iterdir()) > 10_000


def test_a_half_written_file_is_deleted_after_an_hour(folder):
    now = time.time()
    for name, age in ((f"old{UNFINISHED}", 3610), (f"young{UNFINISHED}", 3500), ("old.page", 9999)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (now - age, now - age))
    DiskCache(folder, 1_000_000)
    assert {file.name for file in folder.iterdir()} == {f"young{UNFINISHED}", "old.page"}


def test_the_folder_is_created_with_its_parents(folder):
    DiskCache(folder / "a" / "b", 1_000_000).write_state({"rule": 1})
    assert DiskCache(folder / "a" / "b", 1_000_000).read_state() == {"rule": 1}
