"""Secret keys kept in files: made once, complete or not at all, readable by their owner alone."""

import os
from collections.abc import Callable
from pathlib import Path

from security.files import write_atomically


def read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """The key kept at `path`; what `make` returns is written there first if there is no file.

    Processes that start at once end with the same key. A full disk raises OSError and leaves no file.
    """
    try:
        return read(path)
    except FileNotFoundError:
        write_atomically(path, make(), is_durable=True, replaces=False)
        return read(path)


def read(path: Path) -> bytes:
    """The content of a key file, which other users cannot read from then on. Raises FileNotFoundError."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & 0o077 and os.geteuid() in (0, status.st_uid):
            os.fchmod(file.fileno(), 0o600)
        return file.read()
