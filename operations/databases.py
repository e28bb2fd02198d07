"""The database of this installation as a file: dumped while the site runs, and put in its place again."""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

# Bytes that are copied at a time.
CHUNK = 1 << 20
# Seconds for which closed connections may still be seen by PostgreSQL.
LINGERING = 3
# A time limit of the site's requests does not hold here; who holds a lock is not waited for without end.
BEGINNING = "BEGIN;\nSET LOCAL statement_timeout = 0;\nSET LOCAL lock_timeout = '30s';\n"
# Everything that a dump may bring again. What belongs to an extension stays.
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


class DumpError(Exception):
    """The database could not be dumped or restored; says why in one sentence."""


@dataclass
class Contents:
    """The content of a database: rows of each table, applied migrations, and the signed text of the newest seal."""

    rows: dict[str, int] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)
    newest_seal: str | None = None

    @classmethod
    def read(cls, cursor, tables: str) -> "Contents":
        """Read with a DB-API cursor. `tables` is the SELECT that names all tables. Works on any version's schema."""
        cursor.execute(tables)
        found = cls()
        for (table,) in sorted(cursor.fetchall()):
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name of the database's own catalogue)
            (found.rows[table],) = cursor.fetchone()
        if "django_migrations" in found.rows:
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            found.migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
        if "consent_seal" in found.rows:
            cursor.execute("SELECT note FROM consent_seal ORDER BY number DESC LIMIT 1")
            found.newest_seal = next((note for (note,) in cursor.fetchall()), None)
        return found


class SQLite:
    """The file of an SQLite database."""

    kind = "SQLite"
    part = "database.sqlite3"
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    @staticmethod
    def opened(file: Path) -> sqlite3.Connection:
        """A connection to a file that is there; none is made."""
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)

    def dump(self, target: Path) -> Contents:
        """Copy the database as it is now; writers go on meanwhile."""
        if not self.path.exists():
            raise DumpError(f"There is no database at {self.path}.")
        try:
            with closing(self.opened(self.path)) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                # One file, without a write-ahead log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
                return Contents.read(copy.cursor(), self.tables)
        except sqlite3.Error as error:
            raise DumpError(f"The database could not be copied: {error}.") from error

    def check(self, file: Path):
        """Raise DumpError where the dump is damaged."""
        try:
            with closing(self.opened(file)) as copy:
                (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.Error as error:
            verdict = str(error)
        if verdict != "ok":
            raise DumpError(f"The database in the backup is damaged: {verdict}.")

    def contents(self) -> Contents:
        if not self.path.exists():
            return Contents()
        try:
            with closing(self.opened(self.path)) as database:
                return Contents.read(database.cursor(), self.tables)
        except sqlite3.Error as error:
            raise DumpError(f"The present database cannot be read: {error}.") from error

    def require_alone(self):
        """Raise DumpError where another process has the database open."""
        with self.alone():
            pass

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or writes the present file within; a damaged one is let be."""
        connection.close()
        if not self.path.exists():
            yield
            return
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=2)) as database:
            try:
                # Only the last connection may leave WAL; it takes the log beside the file away.
                database.execute("PRAGMA journal_mode=DELETE")
                database.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise DumpError("Another program has the database open: stop the site first.") from error
            except sqlite3.DatabaseError:
                pass
            yield

    def put_in_place(self, file: Path):
        """Replace the present database by the dump, at once."""
        unfinished = self.path.with_name(f".{self.path.name}.restoring")
        try:
            with file.open("rb") as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
                target.flush()
                os.fsync(target.fileno())
            with self.alone():
                for log in ("-wal", "-shm", "-journal"):
                    self.path.with_name(f"{self.path.name}{log}").unlink(missing_ok=True)
                unfinished.replace(self.path)
        finally:
            unfinished.unlink(missing_ok=True)


class PostgreSQL:
    """A PostgreSQL database, by its own programs pg_dump, pg_restore and psql."""

    kind = "PostgreSQL"
    part = "database.dump"
    tables = (
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_depend "
        "WHERE objid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass AND deptype = 'e')"
    )

    def program(self, name: str) -> list[str]:
        """The program `name`, to be given a database. Raises DumpError where it is missing or older than needed."""
        path = shutil.which(name)
        version = connection.pg_version // 10000
        if path is None:
            raise DumpError(
                f"{name} is missing: install PostgreSQL's client programs of version {version}, on Debian with: "
                f"apt install postgresql-client"
            )
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout  # noqa: S603
        found = re.search(r" (\d+)", said)
        if found and int(found[1]) < version:
            raise DumpError(
                f"{name} is of version {found[1]} and the server of version {version}: "
                f"install postgresql-client-{version}."
            )
        return [path]

    @property
    def parameters(self) -> dict:
        """The connection of DATABASE_URL, as libpq takes it. Programs may be of an older libpq than ours."""
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        return {name: value for name, value in connection.get_connection_params().items() if name in known}

    @property
    def address(self) -> list[str]:
        parameters = self.parameters
        parameters.pop("password", None)
        return ["--no-password", "--dbname", make_conninfo(**parameters)]

    @property
    def environment(self) -> dict[str, str]:
        """With the password, which other users could read among a process's arguments."""
        password = self.parameters.get("password")
        return os.environ | ({"PGPASSWORD": password} if password else {})

    def dump(self, target: Path) -> Contents:
        """Dump one snapshot of the database; everybody goes on meanwhile."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            command = [*self.program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
            command += [f"--snapshot={snapshot}", *self.address]
            with target.open("wb") as file, piped(command, self.environment) as source:
                shutil.copyfileobj(source, file, CHUNK)
            return Contents.read(cursor, self.tables)

    def check(self, file: Path):
        with piped([*self.program("pg_restore"), "--list", str(file)], os.environ) as listed:
            while listed.read(CHUNK):
                pass

    def contents(self) -> Contents:
        with connection.cursor() as cursor:
            return Contents.read(cursor, self.tables)

    def require_alone(self):
        """Raise DumpError where anybody else is connected to the database."""
        connection.close()
        connection.close_pool()
        end = time.monotonic() + LINGERING
        with psycopg.connect(**self.parameters, autocommit=True) as own:
            while True:
                (others,) = own.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL "
                    "AND pid <> pg_backend_pid()"
                ).fetchone()
                if not others:
                    return
                if time.monotonic() > end:
                    raise DumpError(f"{others} other connections to the database are open: stop the site first.")
                time.sleep(0.1)

    def put_in_place(self, file: Path):
        """Replace everything in the database by the dump, in one transaction."""
        restore = [
            *self.program("pg_restore"),
            "--file=-",
            "--no-owner",
            "--no-privileges",
            str(file),
        ]
        psql = [*self.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *self.address]
        connection.close()
        connection.close_pool()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603
                psql, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            )
            try:
                with process.stdin as script:
                    script.write(BEGINNING.encode() + EMPTY_SCHEMA.encode())
                    with piped(restore, os.environ) as source:
                        shutil.copyfileobj(source, script, CHUNK)
                    # Only now: where pg_restore breaks off, psql meets the end of its input and rolls back.
                    script.write(b"\nCOMMIT;\n")
            except BrokenPipeError:
                pass  # psql says why.
            finally:
                failed = process.wait()
            if failed:
                raise DumpError(f"The dump could not be restored, and the database is as before: {reason(said)}")


@contextmanager
def piped(command: list[str], environment) -> Iterator:
    """The output of a program while it runs. Raises DumpError at the end where it failed."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            with process.stdout as output:
                yield output
        except BaseException:
            process.kill()
            raise
        finally:
            failed = process.wait()
        if failed:
            raise DumpError(f"{Path(command[0]).name} failed: {reason(said)}")


def reason(said) -> str:
    """The first line in which a program names an error, else its last one."""
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    named = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (named or lines[-1:] or ["it said nothing."])[0]


def own_database() -> SQLite | PostgreSQL:
    """The database that DATABASE_URL names."""
    return SQLite() if connection.vendor == "sqlite" else PostgreSQL()
