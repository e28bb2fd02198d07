"""A lock in DATA_DIR: held in common by the servers of this machine, alone by a restore."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


class InUseError(Exception):
    """The lock is held by the other kind of process."""


def lock_file() -> Path:
    return settings.DATA_DIR / "serving.lock"


def take(kind: int) -> int:
    """The open lock file, locked. Raises InUseError."""
    descriptor = os.open(lock_file(), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUseError from error
    return descriptor


def hold_while_serving():
    """Hold the lock until this process ends, also where another program takes its place. Raises InUseError."""
    os.set_inheritable(take(fcntl.LOCK_SH), True)


@contextmanager
def no_server() -> Iterator[None]:
    """Within, no server starts on this machine. Raises InUseError where one runs."""
    descriptor = take(fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)
