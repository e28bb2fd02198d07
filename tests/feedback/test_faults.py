"""Messages while PostgreSQL is stopped and started again."""

import re
import urllib.error
import urllib.request
from html import unescape
from urllib.parse import urlencode

import pytest

from tests.serving import Server

pytestmark = pytest.mark.once
COUNT = "from feedback.models import Message; print(Message.objects.count())"


def post(server: Server, fields: dict[str, str]) -> tuple[int, str, str]:
    """Send the form, and return status, URL and body of the response."""
    request = urllib.request.Request(
        f"{server.url}/en/accessibility/feedback/", urlencode(fields).encode(), {"Sec-Fetch-Site": "same-origin"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.url, error.read().decode()


@pytest.mark.nightly
def test_without_postgresql_the_input_is_kept_and_after_its_restart_it_is_stored_once(postgresql):
    database = postgresql
    server = Server(database.pgdata.parent / "data", {"DATABASE_URL": database.get_uri(), "CONSENT_SEAL_MINUTES": "0"})
    try:
        server.start()
        database.stop()
        fields = {"text": "The map <says> nothing.", "email": "jan@example.org", "idempotency_key": "a" * 32}
        status, _address, html = post(server, fields)
        assert status == 503 and "We could not save your message" in html and "Traceback" not in html
        shown = {
            "text": unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", html, re.DOTALL)[1]),
            "email": re.search(r'name="email" value="([^"]*)"', html)[1],
            "idempotency_key": re.search(r'name="idempotency_key" value="([^"]*)"', html)[1],
        }
        assert shown == fields
        database.start()
        server.wait_until_ready()
        for _press in range(2):
            status, address, _html = post(server, shown)
            assert (status, address) == (200, f"{server.url}/en/accessibility/feedback/sent/")
        assert server.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout.strip() == "1"
    finally:
        server.stop()
