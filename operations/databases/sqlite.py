"""Dump and restore of an SQLite database."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from operations.databases.contents import CHUNK_SIZE, Contents, DumpError


class SQLite:
    """The SQLite database of this installation."""

    kind = "SQLite"
    part = "database.sqlite3"
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

    versions = {"library": sqlite3.sqlite_version}

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    @staticmethod
    def open(file: Path) -> sqlite3.Connection:
        """Connect to an existing file."""
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)

    def dump(self, target: Path) -> Contents:
        """Copy a snapshot of the database to `target`, without blocking writers."""
        if not self.path.exists():
            raise DumpError(f"There is no database at {self.path}.")
        try:
            with closing(self.open(self.path)) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                # A single file without a write-ahead log.
                copy.execute("PRAGMA journal_mode=DELETE")
                return Contents.read(copy.cursor(), self.tables)
        except sqlite3.Error as error:
            raise DumpError(f"The database could not be copied: {error}.") from error

    def check(self, file: Path):
        """Raise DumpError if the dump is damaged."""
        try:
            with closing(self.open(file)) as copy:
                (result,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.Error as error:
            result = str(error)
        if result != "ok":
            raise DumpError(f"The database in the backup is damaged: {result}.")

    def contents(self) -> Contents:
        """Return the contents of the current database. Raises DumpError if it is damaged."""
        if not self.path.exists():
            return Contents()
        try:
            with closing(self.open(self.path)) as database:
                return Contents.read(database.cursor(), self.tables)
        except sqlite3.Error as error:
            raise DumpError(f"The current database cannot be read: {error}.") from error

    def require_no_other_connections(self):
        """Raise DumpError if another process has the database open."""
        with self.locked():
            pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the current file exclusively. A damaged file is not locked. Raises DumpError if the file is in use."""
        connection.close()
        if not self.path.exists():
            yield
            return
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=2)) as database:
            try:
                # Possible only for the last connection. Also removes the write-ahead log.
                database.execute("PRAGMA journal_mode=DELETE")
                database.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise DumpError("Another program has the database open: stop the site first.") from error
            except sqlite3.DatabaseError:
                pass
            yield

    def replace(self, file: Path):
        """Replace the current database by the dump, atomically."""
        unfinished = self.path.with_name(f".{self.path.name}.restoring")
        try:
            with file.open("rb") as source, unfinished.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK_SIZE)
                target.flush()
                os.fsync(target.fileno())
            with self.locked():
                for log in ("-wal", "-shm", "-journal"):
                    self.path.with_name(f"{self.path.name}{log}").unlink(missing_ok=True)
                unfinished.replace(self.path)
        finally:
            unfinished.unlink(missing_ok=True)
