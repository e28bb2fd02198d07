"""Time limits on the database queries of requests, which commands do not have."""

import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import InternalError

from health.errors import is_database_unavailable
from tests.serving import ROOT, Server

pytestmark = pytest.mark.once

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
SHOW = """
from django.db import connection
for name in {names}:
    with connection.cursor() as cursor:
        cursor.execute("SHOW " + name)
        print(cursor.fetchone()[0])
"""
SERVER_IMPORTS = "import unic_site.wsgi\n"
JOB_IMPORTS = "from jobs.runner import use_own_connection\nuse_own_connection()\n"


def limits_of(server: Server, *before: str) -> list[str]:
    """Return the limits of a connection after the code `before`."""
    code = "".join(before) + SHOW.format(names=LIMITS)
    environment = server.environment | {"DJANGO_SETTINGS_MODULE": "unic_site.settings"}
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    return outcome.stdout.split()


def fetch(request) -> tuple[int, str, float]:
    """Return status, body, and the duration in seconds."""
    started_at = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), time.monotonic() - started_at
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - started_at


@pytest.mark.nightly
def test_requests_have_limits_in_postgresql_but_commands_and_recurring_jobs_have_none(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    none = ["0", "0", "0"]
    assert limits_of(server, SERVER_IMPORTS) == ["10s", "5s", "30s"]
    assert limits_of(server, SERVER_IMPORTS, JOB_IMPORTS) == none
    assert limits_of(server, "import django\ndjango.setup()\n") == none
    # A connection pooler does not accept such options.
    separator = "&" if "?" in postgresql.get_uri() else "?"
    server.settings["DATABASE_URL"] += f"{separator}pool=false"
    assert limits_of(server, SERVER_IMPORTS) == none


@pytest.mark.nightly
def test_a_request_that_waits_for_a_lock_in_postgresql_gets_503_and_the_next_one_is_served(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    try:
        server.start()
        search = f"{server.url}/en/search/?q=archive"
        with psycopg.connect(postgresql.get_uri()) as other:
            other.execute("LOCK TABLE pages_page, partners_partneruniversity IN ACCESS EXCLUSIVE MODE")
            status, body, seconds = fetch(search)
            other.rollback()
        assert (status, seconds < 12) == (503, True)
        assert "<h1>" in body and "Traceback" not in body
        assert fetch(search)[0] == 200
    finally:
        server.stop()


@pytest.mark.nightly
def test_a_request_that_waits_for_sqlite_gets_503_before_the_timeout_of_commands(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    data = urlencode({"action": "accept", "notice": 1, "next": "/en/", "idempotency_key": "a" * 32}).encode()
    other = sqlite3.connect(server.data / "db.sqlite3", isolation_level=None)
    try:
        server.start()
        decide = urllib.request.Request(f"{server.url}/en/cookies/decide/", data, {"Sec-Fetch-Site": "same-origin"})
        other.execute("BEGIN IMMEDIATE")
        status, body, seconds = fetch(decide)
        other.rollback()
        assert (status, 4 < seconds < 12) == (503, True)
        assert "Traceback" not in body
        assert fetch(decide)[0] == 200
    finally:
        other.close()
        server.stop()


def test_a_transaction_that_was_idle_for_too_long_counts_as_an_unavailable_database():
    error = InternalError("terminating connection")
    error.__cause__ = psycopg.errors.IdleInTransactionSessionTimeout("terminating connection")
    assert is_database_unavailable(error)
    error.__cause__ = psycopg.errors.InFailedSqlTransaction("current transaction is aborted")
    assert not is_database_unavailable(error)
    assert not is_database_unavailable(InternalError("An error without a code, as on SQLite"))
