"""An SQLite file is kept open from one request to the next, and opened anew once another file lies in its place."""

from pathlib import Path

from django.core.signals import request_started
from django.db import connection
from django.db.backends.signals import connection_created


def identity(database) -> tuple[int, int] | None:
    """What tells the file that lies where `database` names one from any other; None where there is none."""
    try:
        found = Path(database.settings_dict["NAME"]).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def note_file(connection, **_signal):
    if connection.vendor == "sqlite":
        connection.opened_file = identity(connection)


def close_if_replaced(**_signal):
    """So that nothing is read from, and nothing written to, a file that was replaced or taken away."""
    if (
        connection.vendor == "sqlite"
        and connection.connection is not None
        and not connection.in_atomic_block
        and getattr(connection, "opened_file", None) != identity(connection)
    ):
        connection.close()


def watch_file():
    connection_created.connect(note_file)
    request_started.connect(close_if_replaced)
