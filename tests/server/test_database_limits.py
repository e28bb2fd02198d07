"""How long a request waits for the database, and a command does not."""

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

from health.errors import is_away
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
IN_SERVER = "import unic_site.wsgi\n"
IN_JOBS = "from jobs.runner import use_own_connection\nuse_own_connection()\n"


def shown(server: Server, *before: str) -> list[str]:
    code = "".join(before) + SHOW.format(names=LIMITS)
    environment = server.environment | {"DJANGO_SETTINGS_MODULE": "unic_site.settings"}
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    return outcome.stdout.split()


def ask(request) -> tuple[int, str, float]:
    """Status, body, and the seconds that it took."""
    started_at = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), time.monotonic() - started_at
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - started_at


def test_requests_have_limits_in_postgresql_and_commands_and_recurring_work_have_none(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    none = ["0", "0", "0"]
    assert shown(server, IN_SERVER) == ["10s", "5s", "30s"]
    assert shown(server, IN_SERVER, IN_JOBS) == none
    assert shown(server, "import django\ndjango.setup()\n") == none
    # A pooler in front takes no such options.
    separator = "&" if "?" in postgresql.get_uri() else "?"
    server.settings["DATABASE_URL"] += f"{separator}pool=false"
    assert shown(server, IN_SERVER) == none


def test_a_request_that_waits_for_a_lock_of_postgresql_gets_503_and_the_next_is_served(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    try:
        server.start()
        search = f"{server.url}/en/search/?q=archive"
        with psycopg.connect(postgresql.get_uri()) as other:
            other.execute("LOCK TABLE pages_page, partners_partneruniversity IN ACCESS EXCLUSIVE MODE")
            status, body, seconds = ask(search)
            other.rollback()
        assert (status, seconds < 12) == (503, True)
        assert "<h1>" in body and "Traceback" not in body
        assert ask(search)[0] == 200
    finally:
        server.stop()


def test_a_request_that_waits_for_sqlite_gets_503_sooner_than_a_command_gives_up(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    server = Server(tmp_path / "data", {"CONSENT_SEAL_MINUTES": "0"})
    data = urlencode({"action": "accept", "next": "/en/", "attempt": "a" * 32}).encode()
    other = sqlite3.connect(server.data / "db.sqlite3", isolation_level=None)
    try:
        server.start()
        decide = urllib.request.Request(f"{server.url}/en/cookies/decide/", data, {"Sec-Fetch-Site": "same-origin"})
        other.execute("BEGIN IMMEDIATE")
        status, body, seconds = ask(decide)
        other.rollback()
        assert (status, 4 < seconds < 12) == (503, True)
        assert "Traceback" not in body
        assert ask(decide)[0] == 200
    finally:
        other.close()
        server.stop()


def test_a_transaction_that_was_idle_for_too_long_counts_as_the_database_being_away():
    error = InternalError("terminating connection")
    error.__cause__ = psycopg.errors.IdleInTransactionSessionTimeout("terminating connection")
    assert is_away(error)
    error.__cause__ = psycopg.errors.InFailedSqlTransaction("current transaction is aborted")
    assert not is_away(error)
    assert not is_away(InternalError("SQLite has no such codes"))
