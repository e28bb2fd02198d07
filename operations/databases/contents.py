"""Summary of the content of a database, to compare a restored database with the one that was backed up."""

from dataclasses import dataclass, field
from typing import Any

# Bytes to copy at a time.
CHUNK_SIZE = 1 << 20


class DumpError(Exception):
    """The database cannot be dumped or restored. The message states the reason."""


@dataclass
class Contents:
    """Number of rows of each table, applied migrations, and the signed text of the newest seal."""

    rows: dict[str, int] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)
    newest_seal: str | None = None

    @classmethod
    def read(cls, cursor: Any, tables: str) -> "Contents":
        """Read with a DB-API cursor. `tables` is a query for the names of all tables. Works with any schema version."""
        cursor.execute(tables)
        contents = cls()
        for (table,) in sorted(cursor.fetchall()):
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name from the catalogue of the database)
            (contents.rows[table],) = cursor.fetchone()
        if "django_migrations" in contents.rows:
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            contents.migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
        if "consent_seal" in contents.rows:
            cursor.execute("SELECT note FROM consent_seal ORDER BY number DESC LIMIT 1")
            contents.newest_seal = next((note for (note,) in cursor.fetchall()), None)
        return contents
