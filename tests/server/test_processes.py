"""The processes of the server: stopped, replaced and killed while visitors ask."""

import http.client
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.serving import PATIENCE, Server

pytestmark = pytest.mark.once
COUNT = "from consent.models import Decision; print(Decision.objects.count())"


class Deciders:
    """Visitors who decide again and again, each time over a new connection."""

    def __init__(self, server: Server, threads: int = 8):
        self.server, self.done = server, threading.Event()
        # Statuses of answers, and what went wrong after the request was sent.
        self.statuses: list[int] = []
        self.broken: list[str] = []
        self.threads = [threading.Thread(target=self.decide, args=(number,)) for number in range(threads)]

    def decide(self, number: int):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        for attempt in range(100_000):
            if self.done.is_set():
                return
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
            try:
                connection.connect()
            except OSError:
                # Nobody listens: nothing was promised.
                time.sleep(0.02)
                continue
            try:
                body = f"action=refuse&next=/en/&attempt=decider-{number}-{attempt}"
                connection.request("POST", "/en/cookies/decide/", body, headers)
                self.statuses.append(connection.getresponse().status)
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(repr(error))
            finally:
                connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def site(prepared, tmp_path) -> Server:
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    yield server
    server.stop()


def workers(server: Server) -> set[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return {int(pid) for pid in children if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_server_that_is_told_to_stop_answers_what_it_accepted(site):
    site.start()
    with Deciders(site) as deciders:
        time.sleep(1)
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(timeout=PATIENCE)
    assert set(deciders.statuses) == {303}
    # A connection that was made while nobody accepts any more is closed before anything was read of it.
    acknowledged = len(deciders.statuses)
    assert len(deciders.broken) <= len(deciders.threads)
    assert int(site.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout) >= acknowledged


def test_workers_are_replaced_while_every_form_is_answered(site):
    site.start()
    before = workers(site)
    with Deciders(site) as deciders:
        time.sleep(0.5)
        site.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (workers(site) & before or len(workers(site)) < len(before)):
            time.sleep(0.1)
        answered = len(deciders.statuses)
        while time.monotonic() < end and len(deciders.statuses) < answered + 20:
            time.sleep(0.1)
    assert not workers(site) & before
    assert set(deciders.statuses) == {303} and len(deciders.statuses) >= answered + 20
    assert deciders.broken == []


def test_no_worker_outlives_a_server_that_was_killed(site):
    site.start()
    left = workers(site)
    os.kill(site.process.pid, signal.SIGKILL)
    site.process.wait(timeout=PATIENCE)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (not is_free(site.port) or any(Path(f"/proc/{pid}").exists() for pid in left)):
        time.sleep(0.1)
    assert is_free(site.port)
