"""The page cache of real server processes: changes of content, killed workers, and a stopped PostgreSQL."""

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
    """Return status, text and headers. Each request has a new connection, so that requests reach all workers."""
    # The same host on each port, which changes with a restart.
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
    """Requests for pages. `responses` are tuples of path, status and text."""

    def __init__(self, server: Server, paths: list[str]):
        self.server, self.paths, self.responses, self.refused, self.incomplete = server, paths, [], 0, 0

    def read(self, number: int):
        """Request each page once, each visitor in another order."""
        for path in self.paths[number:] + self.paths[:number]:
            try:
                status, text, _headers = read(self.server, path)
                self.responses.append((path, status, text))
            except http.client.IncompleteRead:
                self.incomplete += 1
            except (OSError, http.client.HTTPException):
                self.refused += 1


@pytest.mark.nightly
def test_all_processes_serve_a_change_within_seconds(server):
    server.serve()
    for _ in range(20):
        read(server)
    # The change comes from another process.
    server.manage("shell", "-v", "0", "-c", CHANGE.format("Changed elsewhere"), check=True)
    changed = time.monotonic()
    while time.monotonic() - changed < 10:
        if all("Changed elsewhere" in read(server)[1] for _ in range(20)):
            break
    # It takes one second if no other tests run at the same time.
    assert time.monotonic() - changed < 3
    assert all("Changed elsewhere" in read(server)[1] for _ in range(40))


@pytest.mark.nightly
def test_a_change_on_one_host_is_served_by_another_host_with_the_same_database(postgresql, tmp_path):
    settings = {"DATABASE_URL": postgresql.get_uri(), "CONSENT_SEAL_MINUTES": "0"}
    first = Server(postgresql.pgdata.parent / "data", settings)
    shutil.copytree(first.data, tmp_path / "data")
    second = Server(tmp_path / "data", settings)
    try:
        first.start()
        second.start()
        for host in (first, second):
            assert "Changed title" not in read(host)[1]
        first.manage("shell", "-v", "0", "-c", CHANGE.format("Changed title"), check=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not all("Changed title" in read(second)[1] for _ in range(10)):
            time.sleep(0.05)
        for host in (first, second):
            assert all("Changed title" in read(host)[1] for _ in range(10))
    finally:
        first.stop()
        second.stop()


def seconds_until_a_change_is_served(database, watcher: str) -> float:
    """Measure it with a watcher that uses "notifications" or "polling" only."""
    settings = {"DATABASE_URL": database.get_uri(), "CONSENT_SEAL_MINUTES": "0", "WATCHER": watcher}
    server = Server(database.pgdata.parent / "data", settings)
    try:
        server.start("tests.pagecache.watcher_application:application")
        # After the first query of the watcher.
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


@pytest.mark.nightly
def test_a_change_is_served_soon_with_notifications_of_postgresql_only(postgresql):
    assert seconds_until_a_change_is_served(postgresql, "notifications") < 5


@pytest.mark.nightly
def test_a_change_is_served_soon_with_polling_only(postgresql):
    assert seconds_until_a_change_is_served(postgresql, "polling") < 5


@pytest.mark.nightly
def test_a_killed_worker_is_replaced_and_no_response_is_wrong(server):
    server.serve()
    paths = server.paths[:8]
    expected = {path: read(server, path)[1] for path in paths}
    before = server.workers
    readings = Readings(server, paths)
    with side_by_side(readings.read, VISITORS):
        time.sleep(0.5)
        os.kill(min(before), signal.SIGKILL)
        time.sleep(3)
        count = len(readings.responses)
        time.sleep(1)
    assert len(readings.responses) > count, "the site still responds"
    assert {status for _path, status, _text in readings.responses} == {200}
    assert not [path for path, _status, text in readings.responses if text != expected[path]]
    assert readings.refused <= 2 * VISITORS, "only requests to the killed worker"
    assert readings.incomplete == 0
    assert len(server.workers) == len(before) and server.workers != before


@pytest.mark.nightly
def test_while_postgresql_is_stopped_cached_pages_are_sent_also_after_a_restart(postgresql):
    database = postgresql
    server = Server(database.pgdata.parent / "data", {"DATABASE_URL": database.get_uri(), "CONSENT_SEAL_MINUTES": "0"})
    try:
        server.serve()
        refused = {"Cookie": REFUSED.format(1)}
        # Each worker has its own cache in memory, and both write to the same folder.
        for _ in range(8):
            expected = {path: read(server, path)[1] for path in ["/en/vision/", *server.paths[:7]]}
            read(server, **refused)
        assert 'class="consent"' not in read(server, **refused)[1]
        readings = Readings(server, list(expected))
        with side_by_side(readings.read, VISITORS):
            time.sleep(0.5)
            database.stop()
            time.sleep(3)
        assert readings.refused == 0
        assert {status for _path, status, _text in readings.responses} == {200}
        assert not [path for path, _status, text in readings.responses if text != expected[path]]
        assert int(read(server)[2]["age"]) >= 1

        server.stop()
        server.serve(until="/healthz")
        for path, text in expected.items():
            status, sent, headers = read(server, path)
            assert (status, sent) == (200, text)
            assert "age" in headers
        assert 'class="consent"' not in read(server, **refused)[1]

        database.start()
        server.wait_until_ready()
        server.manage("shell", "-v", "0", "-c", CHANGE.format("After the failure"), check=True)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not all("After the failure" in read(server)[1] for _ in range(10)):
            time.sleep(0.2)
        assert all("After the failure" in read(server)[1] for _ in range(10))
        assert "age" not in read(server)[2]
    finally:
        server.stop()


@pytest.mark.nightly
def test_without_a_database_and_cached_pages_the_start_fails_with_the_reason(tmp_path):
    server = Server(tmp_path, {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?pool=false"})
    outcome = server.manage("serve", "--port", "18999")
    assert outcome.returncode != 0
    assert outcome.stderr.splitlines()[-1].startswith("The database cannot be used: ")
    assert "Traceback" not in outcome.stderr
