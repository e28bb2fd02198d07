"""Secret keys in files: created once, atomically, and readable by their owner only."""

import os
from collections.abc import Callable
from pathlib import Path

from security.files import write_atomically


def read_or_create(path: Path, create: Callable[[], bytes]) -> bytes:
    """Return the key at `path`. If there is no file, write the result of `create` first.

    Processes that start at the same time get the same key. Raises OSError, for example on a full disk, and then leaves
    no file.
    """
    try:
        return read(path)
    except FileNotFoundError:
        write_atomically(path, create(), is_durable=True, replaces=False)
        return read(path)


def read(path: Path) -> bytes:
    """Return the content of a key file, after removing the permissions of other users. Raises FileNotFoundError."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & 0o077 and os.geteuid() in (0, status.st_uid):
            os.fchmod(file.fileno(), 0o600)
        return file.read()
