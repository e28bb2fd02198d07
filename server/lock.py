"""Files in DATA_DIR that keep servers and restores apart.

The lock file is shared by the servers of this machine, and exclusive for a restore. A second file marks a restore that
replaced data and has not finished.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


class InUseError(Exception):
    """The lock is held: by a server, when a restore starts, or by a restore, when a server starts."""


class InterruptedRestoreError(Exception):
    """A restore replaced data and did not finish. The message says what to do."""


def lock_file() -> Path:
    return settings.DATA_DIR / "serving.lock"


def restore_file() -> Path:
    """Return the path of the file that exists from before a restore replaces data until its last step."""
    return settings.DATA_DIR / "restore-in-progress.json"


def require_no_interrupted_restore():
    """Raise InterruptedRestoreError if the data is that of a restore that did not finish."""
    if restore_file().exists():
        backup = json.loads(restore_file().read_text(encoding="utf-8"))["backup"]
        raise InterruptedRestoreError(f"A restore was interrupted: run `unic restore {backup} --replace` again.")


def acquire(operation: int) -> int:
    """Lock the file with an operation of `flock`, and return its descriptor. Raises InUseError."""
    descriptor = os.open(lock_file(), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUseError from error
    return descriptor


def lock_while_serving():
    """Hold the shared lock until this process ends, also after `exec`. Raises InUseError during a restore."""
    os.set_inheritable(acquire(fcntl.LOCK_SH), True)


@contextmanager
def lock_while_restoring() -> Iterator[None]:
    """Hold the exclusive lock, so that no server starts on this machine. Raises InUseError if one is running."""
    descriptor = acquire(fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)
