"""The log: one JSON object per line, times in UTC, request IDs, and no IP addresses of visitors."""

import http.client
import json
import logging
import re
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.db import DataError
from django.test import Client
from pythonjsonlogger.json import JsonFormatter

from health.request_log import cause_of
from security.proxies import parse_proxies
from tests.serving import Server

pytestmark = pytest.mark.once


@pytest.fixture
def logged():
    """A function that returns the lines that were logged so far."""
    (handler,) = (handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, JsonFormatter))
    stream, before = StringIO(), handler.stream
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    handler.stream = before


def test_a_line_is_json_with_the_time_in_utc(logged):
    logging.getLogger("feedback.models").info("Łódź %s", 7)
    (line,) = logged()
    at = datetime.fromisoformat(line.pop("time"))
    assert at.utcoffset() == timedelta(0)
    assert line == {"level": "INFO", "logger": "feedback.models", "message": "Łódź 7"}


def test_the_level_is_info_for_the_apps_of_the_site_and_warning_for_libraries(logged):
    for name in ("accounts.backends", "consent.views", "health.access", "unic_site.x", "editorial", "PIL", "django"):
        logging.getLogger(name).info("hello")
    assert [line["logger"] for line in logged()] == [
        "accounts.backends",
        "consent.views",
        "health.access",
        "unic_site.x",
        "editorial",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "evil\x01", "a..b", "[::1"])
def test_an_unknown_host_gets_an_error_page_and_is_logged_without_a_traceback(client, logged, host):
    response = client.get("/en/", headers={"host": host})
    assert response.status_code == 400 and "<h1>" in response.content.decode()
    (line,) = logged()
    assert line["logger"] == "django.security.DisallowedHost"
    assert not {"exc_info", "request"} & set(line)


@pytest.mark.django_db
def test_each_request_has_an_id_in_the_response_and_in_the_log(client, logged):
    first, second = (client.get("/en/nowhere/?q=private") for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first["X-Request-ID"])
    assert first["X-Request-ID"] != second["X-Request-ID"]
    lines = logged()
    assert [line["request_id"] for line in lines] == [first["X-Request-ID"], second["X-Request-ID"]]
    assert "private" not in json.dumps(lines)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "sent", "is_accepted"),
    [
        (["127.0.0.1"], "edge-7.a_b", True),
        ([], "edge-7.a_b", False),
        (["127.0.0.1"], "a" * 65, False),
        (["127.0.0.1"], "a b", False),
        (["127.0.0.1"], "é", False),
    ],
)
def test_a_valid_id_of_a_trusted_proxy_is_used(client, settings, proxies, sent, is_accepted):
    settings.TRUSTED_PROXIES = parse_proxies(proxies)
    response = client.get("/en/nowhere/", headers={"x-request-id": sent})
    assert (response["X-Request-ID"] == sent) == is_accepted


@pytest.mark.django_db
def test_a_cached_page_has_no_request_id(client):
    assert "X-Request-ID" not in client.get("/en/")
    assert "X-Request-ID" in client.get("/en/search/?q=map")
    assert "X-Request-ID" in client.get("/admin/login/")


@pytest.mark.django_db
def test_the_access_log_has_method_path_status_duration_and_id_but_no_query_or_ip_address(client, settings, logged):
    client.get("/en/search/?q=private", REMOTE_ADDR="198.51.100.7")
    assert not logged()
    settings.ACCESS_LOG = True
    response = client.get("/en/search/?q=private", REMOTE_ADDR="198.51.100.7")
    (line,) = logged()
    assert line["logger"] == "health.access" and line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/en/search/", 200)
    assert 0 < line["milliseconds"] < 60_000
    assert "private" not in str(line) and "198.51" not in str(line)


@pytest.mark.django_db
def test_an_exception_is_logged_with_the_id_but_without_query_or_ip_address(logged, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("search.views.render", fail)
    client = Client(raise_request_exception=False, REMOTE_ADDR="198.51.100.7")
    response = client.get("/en/search/?q=private")
    assert response.status_code == 500
    (line,) = logged()
    assert "RuntimeError: broken" in line["exc_info"] and line["request_id"] == response["X-Request-ID"]
    assert "private" not in str(line) and "198.51" not in str(line)


def test_the_cause_of_a_database_error_contains_no_values_of_a_row():
    error = DataError("duplicate key\nDETAIL:  Key (email)=(jan@example.org) already exists.")
    assert cause_of(error) == "DataError: duplicate key"
    assert cause_of(DataError()) == "DataError"


@pytest.mark.nightly
def test_a_running_server_logs_no_ip_address_of_a_visitor(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    settings = {"ACCESS_LOG": "true", "TRUSTED_PROXIES": "127.0.0.1", "CONSENT_SEAL_MINUTES": "0"}
    server = Server(tmp_path / "data", settings)
    with (tmp_path / "log").open("w") as log:
        server.start(stderr=log)
        try:
            for path in ("/en/nowhere/?q=private", "/admin/login/", "/en/search/?q=private"):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
                connection.request("GET", path, headers={"X-Forwarded-For": "198.51.100.7", "X-Request-ID": "edge-1"})
                assert connection.getresponse().getheader("X-Request-ID") == "edge-1"
                connection.close()
        finally:
            server.stop()
    text = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["path"] for line in lines if line["logger"] == "health.access"} >= {"/en/nowhere/", "/admin/login/"}
    assert "198.51.100.7" not in text and "private" not in text and "127.0.0.1" not in text
