"""The page cache of real server processes: seen to change, killed, and with PostgreSQL stopped under load."""

import http.client
import os
import shutil
import signal
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from tests.serving import Server, side_by_side

pytestmark = pytest.mark.once
CHANGE = "from pages.models import Page; Page.objects.filter(kind='vision').update(title_en='{}')"
VISITORS = 6
REFUSED = "cookie_consent=notice={}"


def read(server: Server, path: str = "/en/vision/", **headers) -> tuple[int, str, dict]:
    """Status, text and headers; each request has a connection of its own, so that all workers are met."""
    # The port is another one after a restart.
    request = urllib.request.Request(f"{server.url}{path}", headers={"Host": "localhost"} | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return (
                answer.status,
                answer.read().decode(),
                {name.lower(): value for name, value in answer.headers.items()},
            )
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), {}


class Readings:
    """The pages that visitors read again and again; `answers` are (path, status, text)."""

    def __init__(self, server: Server, paths: list[str]):
        self.server, self.paths, self.answers, self.refused, self.halves = server, paths, [], 0, 0

    def read(self, number: int):
        """Read each page once; each visitor begins with another one."""
        for path in self.paths[number:] + self.paths[:number]:
            try:
                status, text, _headers = read(self.server, path)
                self.answers.append((path, status, text))
            except http.client.IncompleteRead:
                self.halves += 1
            except (OSError, http.client.HTTPException):
                self.refused += 1


def test_a_change_is_seen_by_every_process_within_a_second_or_so(server):
    server.start()
    for _ in range(20):
        read(server)
    # A process of its own changes the content, as another host would.
    server.manage("shell", "-v", "0", "-c", CHANGE.format("Changed elsewhere"), check=True)
    changed = time.monotonic()
    while time.monotonic() - changed < 10:
        if all("Changed elsewhere" in read(server)[1] for _ in range(20)):
            break
    # A second is promised for a machine to itself; other tests may be running on this one.
    assert time.monotonic() - changed < 3
    assert all("Changed elsewhere" in read(server)[1] for _ in range(40))


def test_a_change_on_one_host_is_seen_on_another_with_the_same_database(postgresql, tmp_path):
    settings = {"DATABASE_URL": postgresql.get_uri(), "CONSENT_SEAL_MINUTES": "0"}
    here = Server(postgresql.pgdata.parent / "data", settings)
    shutil.copytree(here.data, tmp_path / "data")
    there = Server(tmp_path / "data", settings)
    try:
        here.start()
        there.start()
        for host in (here, there):
            assert "Seen on both" not in read(host)[1]
        here.manage("shell", "-v", "0", "-c", CHANGE.format("Seen on both"), check=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not all("Seen on both" in read(there)[1] for _ in range(10)):
            time.sleep(0.05)
        for host in (here, there):
            assert all("Seen on both" in read(host)[1] for _ in range(10))
    finally:
        here.stop()
        there.stop()


def seconds_until_a_change_shows(database, watcher: str) -> float:
    """Where the watcher "is told" of changes and looks for none, or the other way round."""
    settings = {"DATABASE_URL": database.get_uri(), "CONSENT_SEAL_MINUTES": "0", "WATCHER": watcher}
    server = Server(database.pgdata.parent / "data", settings)
    try:
        server.start("tests.pagecache.watching:application")
        # Past the first look.
        time.sleep(1)
        assert "Changed elsewhere" not in read(server)[1]
        with psycopg.connect(database.get_uri()) as other:
            other.execute("UPDATE pages_page SET title_en = 'Changed elsewhere' WHERE kind = 'vision'")
        changed = time.monotonic()
        while time.monotonic() - changed < 20 and "Changed elsewhere" not in read(server)[1]:
            time.sleep(0.02)
        return time.monotonic() - changed
    finally:
        server.stop()


def test_postgresql_tells_of_a_change_who_would_not_look_for_half_a_minute(postgresql):
    assert seconds_until_a_change_shows(postgresql, "is told") < 5


def test_a_change_of_which_postgresql_tells_nobody_is_seen_by_looking(postgresql):
    assert seconds_until_a_change_shows(postgresql, "looks") < 5


def test_a_killed_worker_spoils_no_answer_and_another_takes_its_place(server):
    server.start()
    paths = server.paths[:8]
    whole = {path: read(server, path)[1] for path in paths}
    before = server.workers
    readings = Readings(server, paths)
    with side_by_side(readings.read, VISITORS):
        time.sleep(0.5)
        os.kill(min(before), signal.SIGKILL)
        time.sleep(3)
        reached = len(readings.answers)
        time.sleep(1)
    assert len(readings.answers) > reached, "the site answers on"
    assert {status for _path, status, _text in readings.answers} == {200}
    assert not [path for path, _status, text in readings.answers if text != whole[path]]
    assert readings.refused <= 2 * VISITORS, "only who was being answered just then"
    assert readings.halves == 0
    assert len(server.workers) == len(before) and server.workers != before


def test_while_postgresql_is_stopped_no_page_fails_also_after_a_restart(postgresql):
    database = postgresql
    server = Server(database.pgdata.parent / "data", {"DATABASE_URL": database.get_uri(), "CONSENT_SEAL_MINUTES": "0"})
    try:
        server.start()
        refused = {"Cookie": REFUSED.format(1)}
        # Each worker has pages of its own, and both write to the same folder.
        for _ in range(8):
            whole = {path: read(server, path)[1] for path in ["/en/vision/", *server.paths[:7]]}
            read(server, **refused)
        assert 'class="consent"' not in read(server, **refused)[1]
        readings = Readings(server, list(whole))
        with side_by_side(readings.read, VISITORS):
            time.sleep(0.5)
            database.stop()
            time.sleep(3)
        assert readings.refused == 0
        assert {status for _path, status, _text in readings.answers} == {200}
        assert not [path for path, _status, text in readings.answers if text != whole[path]]
        assert int(read(server)[2]["age"]) >= 1

        server.stop()
        server.start(until="/healthz")
        for path, text in whole.items():
            status, sent, headers = read(server, path)
            assert (status, sent) == (200, text)
            assert "age" in headers
        assert 'class="consent"' not in read(server, **refused)[1]

        database.start()
        server.wait_until_ready()
        server.manage("shell", "-v", "0", "-c", CHANGE.format("After the fault"), check=True)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not all("After the fault" in read(server)[1] for _ in range(10)):
            time.sleep(0.2)
        assert all("After the fault" in read(server)[1] for _ in range(10))
        assert "age" not in read(server)[2]
    finally:
        server.stop()


def test_without_a_database_and_without_pages_the_start_says_why(tmp_path):
    server = Server(tmp_path, {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?pool=false"})
    outcome = server.manage("serve", "--port", "18999")
    assert outcome.returncode != 0
    assert "OperationalError" in outcome.stderr
