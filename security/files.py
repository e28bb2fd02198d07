"""Files that are written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

# Suffix of a file that is being written; a process that was killed leaves one.
UNFINISHED = ".part"


def write_atomically(path: Path, content: bytes, *, is_durable: bool = False, replaces: bool = True) -> None:
    """Write `content` to `path`, readable by its owner alone, so that readers find a whole file or none.

    With `is_durable` the file survives a power cut from then on. Without `replaces`, a file that is there stays. Raises
    OSError, as on a full disk, and leaves what was there.
    """
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=UNFINISHED)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        if replaces:
            Path(unfinished).replace(path)
        else:
            # Unlike a rename, a link fails where another process was faster.
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
