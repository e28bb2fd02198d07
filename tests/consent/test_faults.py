"""Effects of faults on the record: killed server processes, a full disk, and a stopped PostgreSQL."""

import json
import re
import resource
import subprocess
import time
import urllib.error
import urllib.request
from http.client import HTTPMessage
from urllib.parse import urlencode

import pytest

from tests.serving import PATIENCE, Server

pytestmark = pytest.mark.once
IDEMPOTENCY_KEY = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def post(
    server: Server, action: str = "accept", idempotency_key: str = IDEMPOTENCY_KEY, **headers
) -> tuple[int, HTTPMessage, str]:
    """Send a decision, and return status, headers and body."""
    data = urlencode({"action": action, "notice": 1, "next": "/en/", "idempotency_key": idempotency_key}).encode()
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"} | headers
    request = urllib.request.Request(f"{server.url}/en/cookies/decide/", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def receipt_in(headers: HTTPMessage) -> str:
    """Return the receipt number in the cookie that a response sets."""
    return re.search(r"cookie_consent_receipt=([^;]+)", "\n".join(headers.get_all("Set-Cookie")))[1]


def receipts(server: Server) -> list[str]:
    """Return the recorded receipt numbers in their order."""
    lines = server.manage("export_consents", check=True).stdout.splitlines()
    return [json.loads(line)["receipt"] for line in lines]


@pytest.mark.nightly
def test_a_decision_survives_a_kill_before_the_response_and_is_not_recorded_again(server):
    server.start("tests.consent.killed_application:application")
    with pytest.raises(OSError):
        post(server)
    server.process.wait(timeout=PATIENCE)
    (receipt,) = receipts(server)
    server.start()
    status, headers, _body = post(server)
    assert status == 200
    assert receipt_in(headers) == receipt
    assert receipts(server) == [receipt]
    assert server.manage("verify_consents").returncode == 0


@pytest.mark.nightly
def test_the_running_server_seals_automatically(server):
    server.settings["CONSENT_SEAL_MINUTES"] = "0.01"
    server.start()
    _status, headers, _body = post(server)
    cookie = {"Cookie": "; ".join(line.split(";")[0] for line in headers.get_all("Set-Cookie"))}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        request = urllib.request.Request(f"{server.url}/en/cookies/receipt.json", headers=cookie)
        with urllib.request.urlopen(request) as answer:
            if proof := json.load(answer)["proof"]:
                break
        time.sleep(0.1)
    assert proof["seal"].startswith("consent-seal/1\nnumber ")


def test_a_full_disk_loses_no_acknowledged_record(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    # Beyond what the recurring jobs write in the first minutes.
    file_size = 1_000_000
    server.start(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size)),
        stderr=subprocess.DEVNULL,
    )
    acknowledged = []
    for number in range(200):
        status, headers, body = post(server, idempotency_key=f"{number:032x}")
        if status == 503:
            break
        acknowledged.append(receipt_in(headers))
    assert status == 503
    assert "Set-Cookie" not in headers
    assert "Traceback" not in body and 'name="action" value="accept"' in body
    server.stop()
    assert acknowledged
    assert receipts(server)[: len(acknowledged)] == acknowledged
    assert len(receipts(server)) == len(acknowledged)


@pytest.mark.nightly
def test_without_postgresql_nothing_counts_and_after_its_restart_the_same_form_decides(postgresql):
    server = Server(
        postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri(), "CONSENT_SEAL_MINUTES": "0"}
    )
    try:
        server.start()
        assert post(server, idempotency_key="a" * 32)[0] == 200
        postgresql.stop()
        status, headers, body = post(server)
        assert status == 503
        assert "Set-Cookie" not in headers and headers["Retry-After"]
        assert "Traceback" not in body
        assert f'name="idempotency_key" value="{IDEMPOTENCY_KEY}"' in body and 'name="action" value="accept"' in body
        postgresql.start()
        server.wait_until_ready()
        assert post(server)[0] == 200
        assert len(receipts(server)) == 2
    finally:
        server.stop()
