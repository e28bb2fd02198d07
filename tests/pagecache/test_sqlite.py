"""An SQLite file that is removed or replaced while the site is running."""

import shutil
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing

import pytest

from tests.serving import PATIENCE, Server

pytestmark = pytest.mark.once
FILES = ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm")


@pytest.fixture
def site(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    server.start()
    yield server
    server.stop()


def ask(site: Server, path: str, **form: str) -> tuple[int, str]:
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(f"{site.url}{path}", data, {"Sec-Fetch-Site": "same-origin"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def open_connections(site: Server):
    """Open a database connection in each thread of each worker."""
    for _ in range(60):
        assert ask(site, "/en/search/?q=vision")[0] == 200


@pytest.mark.nightly
def test_a_replaced_database_is_read_at_once(site, tmp_path):
    assert "Another vision" not in ask(site, "/en/vision/")[1]
    open_connections(site)
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(site.data / "db.sqlite3")) as old, closing(sqlite3.connect(other)) as new:
        old.backup(new)
        new.execute("UPDATE pages_page SET short_title_en = 'Another vision' WHERE kind = 'news'")
        new.commit()
    for name in FILES:
        (site.data / name).rename(tmp_path / name)
    other.rename(site.data / "db.sqlite3")
    # No thread uses the previous file.
    for _ in range(60):
        assert "Another vision" in ask(site, "/en/search/?q=vision")[1]
    wait_until(lambda: "Another vision" in ask(site, "/en/vision/")[1])


@pytest.mark.nightly
def test_while_the_database_is_missing_no_form_is_accepted_and_cached_pages_are_sent(site, tmp_path):
    page = ask(site, "/en/vision/")
    open_connections(site)
    for name in FILES:
        (site.data / name).rename(tmp_path / name)
    for _ in range(60):
        status, _text = ask(site, "/en/cookies/decide/", action="refuse", next="/en/vision/")
        assert status == 503
    assert ask(site, "/en/vision/") == page
    assert ask(site, "/readyz")[0] == 503
    for path in site.data.glob("db.sqlite3*"):
        path.unlink()
    for name in FILES:
        if (tmp_path / name).exists():
            shutil.move(tmp_path / name, site.data / name)
    wait_until(lambda: ask(site, "/readyz")[0] == 200)
    assert ask(site, "/en/search/?q=vision")[0] == 200
    assert ask(site, "/en/vision/") == page
