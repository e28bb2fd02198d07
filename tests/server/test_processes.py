"""Server processes that are stopped, replaced and killed under load."""

import http.client
import os
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.serving import PATIENCE, Server, side_by_side

pytestmark = pytest.mark.once
COUNT = "from consent.models import Decision; print(Decision.objects.count())"
VISITORS = 8


@dataclass
class Decisions:
    """Consent decisions of visitors, each sent over a new connection."""

    server: Server
    statuses: list[int] = field(default_factory=list)
    # Errors after the request was sent.
    errors: list[str] = field(default_factory=list)

    def decide(self, number: int):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        try:
            connection.connect()
        except OSError:
            # No process accepts connections, so no request was lost.
            time.sleep(0.02)
            return
        try:
            body = f"action=refuse&next=/en/&idempotency_key=decider-{number}-{time.monotonic_ns()}"
            connection.request("POST", "/en/cookies/decide/", body, headers)
            self.statuses.append(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            self.errors.append(repr(error))
        finally:
            connection.close()


@pytest.fixture
def site(prepared, tmp_path) -> Server:
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    yield server
    server.stop()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.mark.nightly
def test_a_stopped_server_finishes_the_requests_that_it_accepted(site):
    site.serve()
    decisions = Decisions(site)
    with side_by_side(decisions.decide, VISITORS):
        time.sleep(1)
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(timeout=PATIENCE)
    assert set(decisions.statuses) == {303}
    # Connections in the backlog are closed before a request is read.
    acknowledged = len(decisions.statuses)
    assert len(decisions.errors) <= VISITORS
    assert int(site.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout) >= acknowledged


@pytest.mark.nightly
def test_workers_are_replaced_without_a_failed_request(site):
    site.serve()
    before = site.workers
    decisions = Decisions(site)
    with side_by_side(decisions.decide, VISITORS):
        time.sleep(0.5)
        site.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (site.workers & before or len(site.workers) < len(before)):
            time.sleep(0.1)
        answered = len(decisions.statuses)
        while time.monotonic() < end and len(decisions.statuses) < answered + 20:
            time.sleep(0.1)
    assert not site.workers & before
    assert set(decisions.statuses) == {303} and len(decisions.statuses) >= answered + 20
    assert decisions.errors == []


@pytest.mark.nightly
def test_workers_end_when_the_server_is_killed(site):
    site.serve()
    workers = site.workers
    os.kill(site.process.pid, signal.SIGKILL)
    site.process.wait(timeout=PATIENCE)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (not is_free(site.port) or any(Path(f"/proc/{pid}").exists() for pid in workers)):
        time.sleep(0.1)
    assert is_free(site.port)


@pytest.mark.nightly
def test_each_worker_renders_a_page_before_it_accepts_requests(site, tmp_path):
    site.settings["ACCESS_LOG"] = "true"
    with (tmp_path / "log").open("w") as log:
        site.serve(until="/healthz", stderr=log)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (tmp_path / "log").read_text().count('"path": "/en/"') < len(site.workers):
        time.sleep(0.1)
    assert (tmp_path / "log").read_text().count('"path": "/en/"') == len(site.workers) == 2
