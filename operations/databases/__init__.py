"""Dump and restore of the database of this installation."""

from django.db import connection

from operations.databases.contents import CHUNK_SIZE, Contents, DumpError
from operations.databases.postgresql import PostgreSQL
from operations.databases.sqlite import SQLite

__all__ = ["CHUNK_SIZE", "Contents", "DumpError", "own_database"]


def own_database() -> SQLite | PostgreSQL:
    """Return the database that DATABASE_URL configures."""
    return SQLite() if connection.vendor == "sqlite" else PostgreSQL()
