"""Many wrong sign-ins at the same time against a running server."""

import http.client
import re
import statistics
import threading
import time
from urllib.parse import urlencode

import pytest

from tests.serving import Server

pytestmark = pytest.mark.once
PASSWORD = "a-long-pass-phrase"
STAFF = f"from django.contrib.auth.models import User; User.objects.create_superuser('anna', password='{PASSWORD}')"
SIGN_INS = 60


class Visitor:
    """A browser with an address that a trusted proxy passes on."""

    def __init__(self, server: Server, address: str):
        self.server, self.address, self.cookie = server, address, ""

    def request(self, path: str, form: dict | None = None) -> tuple[int, str, float]:
        """Return the status, the body and the seconds of a response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        headers = {"X-Forwarded-For": self.address, "Cookie": self.cookie}
        if form:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url}
        started_at = time.monotonic()
        connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        body, seconds = response.read().decode(), time.monotonic() - started_at
        if set_cookie := response.getheader("Set-Cookie"):
            self.cookie = set_cookie.partition(";")[0]
        connection.close()
        return response.status, body, seconds

    def open_sign_in(self):
        self.token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.request("/admin/login/")[1])[1]

    def sign_in(self, name: str, password: str) -> tuple[int, float]:
        form = {"csrfmiddlewaretoken": self.token, "username": name, "password": password}
        status, _body, seconds = self.request("/admin/login/", form)
        return status, seconds


@pytest.mark.nightly
def test_sixty_wrong_sign_ins_at_once_delay_neither_visitors_nor_staff(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0", "TRUSTED_PROXIES": "127.0.0.1"})
    server.manage("shell", "-v", "0", "-c", STAFF, check=True)
    server.start()
    try:
        stranger, colleague, reader = (Visitor(server, f"198.51.100.{number}") for number in (1, 2, 3))
        stranger.open_sign_in()
        colleague.open_sign_in()
        statuses = []
        threads = [
            threading.Thread(target=lambda n=n: statuses.append(stranger.sign_in(f"made-up-{n}", "wrong")[0]))
            for n in range(SIGN_INS)
        ]
        for thread in threads:
            thread.start()
        # A page that is never cached, so that it needs a thread and the database.
        pages = [reader.request(f"/en/search/?q=map{number}") for number in range(8)]
        status, seconds = colleague.sign_in("anna", PASSWORD)
        for thread in threads:
            thread.join()
    finally:
        server.stop()
    assert {page[0] for page in pages} == {200}
    assert statistics.median(page[2] for page in pages) < 2
    assert (status, seconds < 10) == (302, True)
    assert len(statuses) == SIGN_INS
    assert set(statuses) <= {200, 429, 503} and set(statuses) != {200}
