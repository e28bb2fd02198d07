"""Secret keys kept in files: made once, complete or not at all, readable by their owner alone."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The key kept at `path`; what `make` returns is written there first if there is no file.

    Processes that start at once end with the same key. A full disk raises OSError and leaves no file.
    """
    try:
        return read(path)
    except FileNotFoundError:
        write_once(path, make())
        return read(path)


def read(path: Path) -> bytes:
    """The content of a key file, which other users cannot read from then on. Raises FileNotFoundError."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & 0o077 and os.geteuid() in (0, status.st_uid):
            os.fchmod(file.fileno(), 0o600)
        return file.read()


def write_once(path: Path, key: bytes):
    """Write `key` to `path`, unless another process was first: then its file stays."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A rename would replace the key of a process that was faster.
            os.link(temporary, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        Path(temporary).unlink()
