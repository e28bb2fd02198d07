"""Atomic writing of files."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

# Suffix of a temporary file. A killed process leaves it behind.
UNFINISHED = ".part"


def write_atomically(
    path: Path, content: bytes, *, mode: int = 0o600, is_durable: bool = False, replaces: bool = True
) -> None:
    """Write `content` to `path` atomically, by default readable by its owner only, whatever the umask.

    With `is_durable`, the file survives a power failure. Without `replaces`, an existing file is kept. Raises OSError,
    for example on a full disk, and then keeps the existing file.
    """
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=UNFINISHED)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        if replaces:
            Path(unfinished).replace(path)
        else:
            # Unlike a rename, a link fails if another process was faster.
            with suppress(FileExistsError):
                os.link(unfinished, path)
        if is_durable:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        Path(unfinished).unlink(missing_ok=True)
