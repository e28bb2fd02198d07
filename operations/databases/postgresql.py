"""Dump and restore of a PostgreSQL database with pg_dump, pg_restore and psql."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import psycopg
from django.db import connection as default_connection
from django.db import transaction
from psycopg.conninfo import make_conninfo

from operations.databases.contents import CHUNK_SIZE, Contents, DumpError

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

connection = cast("DatabaseWrapper", default_connection)

# Seconds during which PostgreSQL may still list connections that were closed.
DISCONNECT_TIMEOUT = 3
# The time limits of the site's requests do not apply to a restore, but it must not wait for a lock forever.
BEGIN = "BEGIN;\nSET LOCAL statement_timeout = 0;\nSET LOCAL lock_timeout = '30s';\n"
# pg_restore 17 and newer writes it. Older servers do not know this setting.
TRANSACTION_TIMEOUT = b"\nSET transaction_timeout = 0;\n"
# Drops all objects that a dump can contain. Objects of extensions stay.
EMPTY_SCHEMA = """
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT oid::regclass AS name,
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                ELSE 'TABLE' END AS kind
        FROM pg_class c
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
            AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = c.oid AND deptype IN ('e', 'a', 'i'))
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', item.kind, item.name);
    END LOOP;
    FOR item IN
        SELECT oid::regprocedure AS name FROM pg_proc p
        WHERE pronamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', item.name);
    END LOOP;
END $$;
"""


class PostgreSQL:
    """The PostgreSQL database of this installation."""

    kind = "PostgreSQL"
    part = "database.dump"
    tables = (
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_depend "
        "WHERE objid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass AND deptype = 'e')"
    )

    def program(self, name: str) -> list[str]:
        """Return the command for a client program. Raises DumpError if it is missing or older than the server."""
        path = shutil.which(name)
        version = connection.pg_version // 10000
        if path is None:
            raise DumpError(
                f"{name} is missing: install the client programs of PostgreSQL {version}, on Debian with: "
                f"apt install postgresql-client"
            )
        client = self.client_version(path)
        if client and int(client.partition(".")[0]) < version:
            raise DumpError(
                f"{name} has version {client.partition('.')[0]}, but the server has version {version}: "
                f"install postgresql-client-{version}."
            )
        return [path]

    @staticmethod
    def client_version(path: str) -> str:
        output = subprocess.run([path, "--version"], capture_output=True, text=True).stdout  # noqa: S603
        version = re.search(r" (\d+(\.\d+)?)", output)
        return version[1] if version else ""

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the server and of pg_dump, which a restore may need."""
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (server,) = cursor.fetchone()
        (path,) = self.program("pg_dump")
        return {"server": server, "client": self.client_version(path)}

    @property
    def parameters(self) -> dict[str, Any]:
        """The connection parameters of DATABASE_URL that libpq accepts."""
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        return {name: value for name, value in connection.get_connection_params().items() if name in known}

    @property
    def connection_options(self) -> list[str]:
        """Command-line options that connect a client program to the database."""
        parameters = self.parameters
        parameters.pop("password", None)
        return ["--no-password", "--dbname", make_conninfo(**parameters)]

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a client program. It contains the password, as other users can read command lines."""
        password = self.parameters.get("password")
        return {**os.environ, **({"PGPASSWORD": password} if password else {})}

    def dump(self, target: Path) -> Contents:
        """Dump a snapshot of the database to `target`, without blocking writers."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            command = [*self.program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
            command += [f"--snapshot={snapshot}", *self.connection_options]
            with target.open("wb") as file, output_of(command, self.environment) as source:
                shutil.copyfileobj(source, file, CHUNK_SIZE)
            return Contents.read(cursor, self.tables)

    def check(self, file: Path):
        """Raise DumpError if the dump is damaged."""
        program = self.program("pg_restore")
        try:
            with output_of([*program, "--list", str(file)], os.environ) as listing:
                while listing.read(CHUNK_SIZE):
                    pass
        except DumpError as error:
            if "unsupported version" not in str(error):
                raise
            raise DumpError(
                f"The dump was made by a newer pg_dump than pg_restore {self.client_version(*program)}: install the "
                f"postgresql-client of that version, which manifest.json names."
            ) from error

    def contents(self) -> Contents:
        """Return the contents of the current database."""
        with connection.cursor() as cursor:
            return Contents.read(cursor, self.tables)

    def require_no_other_connections(self):
        """Raise DumpError if there are other connections to the database."""
        connection.close()
        connection.close_pool()
        ends_at = time.monotonic() + DISCONNECT_TIMEOUT
        with psycopg.connect(**self.parameters, autocommit=True) as own:
            while True:
                others = own.execute(
                    "SELECT pid, usename, application_name FROM pg_stat_activity WHERE datname = current_database() "
                    "AND usename IS NOT NULL AND pid <> pg_backend_pid() ORDER BY pid"
                ).fetchall()
                if not others:
                    return
                if time.monotonic() > ends_at:
                    listed = "; ".join(
                        f"process {pid}, role {role}, {program or 'unknown program'}" for pid, role, program in others
                    )
                    raise DumpError(f"The database has other connections, end them first: {listed}.")
                time.sleep(0.1)

    def replace(self, file: Path):
        """Replace all data in the database by the dump, in one transaction. Raises DumpError."""
        restore = [
            *self.program("pg_restore"),
            "--file=-",
            "--no-owner",
            "--no-privileges",
            str(file),
        ]
        psql = [*self.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *self.connection_options]
        server_version = connection.pg_version
        connection.close()
        connection.close_pool()
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603
                psql, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
            )
            try:
                with cast(IO[bytes], process.stdin) as script:
                    script.write(BEGIN.encode() + EMPTY_SCHEMA.encode())
                    with output_of(restore, os.environ) as source:
                        start = source.read(CHUNK_SIZE)
                        if server_version < 170000:
                            start = start.replace(TRANSACTION_TIMEOUT, b"\n", 1)
                        script.write(start)
                        shutil.copyfileobj(source, script, CHUNK_SIZE)
                    # After pg_restore has succeeded. Without COMMIT, psql rolls back at the end of its input.
                    script.write(b"\nCOMMIT;\n")
            except BrokenPipeError:
                pass  # The error message of psql is reported below.
            finally:
                failed = process.wait()
            if failed:
                raise DumpError(f"The dump could not be restored, and the database is unchanged: {error_line(errors)}")


@contextmanager
def output_of(command: list[str], environment: Mapping[str, str]) -> Iterator[IO[bytes]]:
    """Run a program, and yield its output. Raises DumpError at the end of the block if the program failed."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603
        try:
            with cast(IO[bytes], process.stdout) as output:
                yield output
        except BaseException:
            process.kill()
            raise
        finally:
            failed = process.wait()
        if failed:
            raise DumpError(f"{Path(command[0]).name} failed: {error_line(errors)}")


def error_line(errors: IO[bytes]) -> str:
    """Return the first line of the output that contains an error, else the last line."""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    error_lines = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (error_lines or lines[-1:] or ["it printed no message."])[0]
