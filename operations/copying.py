"""Copy of all rows of an SQLite database into PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import connection, connections, models, transaction
from django.db.models.query import QuerySet

from consent.models import Decision
from operations.databases import Contents
from operations.databases.postgresql import PostgreSQL
from operations.databases.sqlite import SQLite

# Alias of the connection to the SQLite database, and the number of rows that are copied at a time.
SOURCE, BATCH_SIZE = "source", 1000


class CopyError(Exception):
    """The databases do not fit each other. The message states the reason."""


def check(file: Path):
    """Raise CopyError if the rows of `file` do not fit this database, or would replace data of its own."""
    if connection.vendor != "postgresql":
        raise CopyError("DATABASE_URL is not for PostgreSQL: set it to the database to copy to.")
    if not file.is_file():
        raise CopyError(f"There is no database at {file}.")
    with closing(SQLite.open(file)) as source, connection.cursor() as cursor:
        migrations = Contents.read(source.cursor(), SQLite.tables).migrations
        if migrations != Contents.read(cursor, PostgreSQL.tables).migrations:
            raise CopyError(
                "The databases have different migrations: run `manage.py migrate` with the DATABASE_URL of each."
            )
    if get_user_model().objects.exists() or Decision.objects.exists():
        raise CopyError("The PostgreSQL database has staff accounts or consent records: give an empty one.")


def copy(file: Path) -> int:
    """Replace the rows of this database by those of `file`, in one transaction, and return their number."""
    copied = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    tables = [connection.ops.quote_name(model._meta.db_table) for model in copied]
    with source_connection(file), transaction.atomic(), connection.cursor() as cursor:
        # Their effects are rows too, which are copied.
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        # The rows of migrations, such as permissions, have other keys.
        cursor.execute(f"TRUNCATE {', '.join(tables)}")
        count = sum(copy_rows(model, cursor) for model in copied)
        for statement in connection.ops.sequence_reset_sql(no_style(), copied):
            cursor.execute(statement)
        # Foreign keys are compared now, because a table with postponed comparisons cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return count


def copy_rows(model: type[models.Model], cursor: Any) -> int:
    """Copy the rows of one table with their keys, and return their number."""
    fields: list[Any] = [field for field in model._meta.local_concrete_fields if not field.generated]
    table, columns = model._meta.db_table, ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {connection.ops.quote_name(table)} ({columns}) VALUES ({values})"  # noqa: S608 (of models)
    count, batch = 0, []
    rows: Any = QuerySet(model, using=SOURCE).order_by("pk").values_list(*(field.attname for field in fields))
    for row in rows.iterator(BATCH_SIZE):
        batch.append([field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)])
        count += 1
        if len(batch) == BATCH_SIZE:
            cursor.executemany(statement, batch)
            batch = []
    cursor.executemany(statement, batch)
    return count


@contextmanager
def source_connection(file: Path) -> Iterator[None]:
    """Add the connection SOURCE for the block."""
    settings = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {"init_command": "PRAGMA query_only=ON"},
    }
    connections.databases[SOURCE] = {**connections.configure_settings({"default": {}})["default"], **settings}
    try:
        yield
    finally:
        connections[SOURCE].close()
        del connections[SOURCE], connections.databases[SOURCE]
