"""The member of staff in whose name the running code changes content."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Returned where no member of staff is known, such as while content files are loaded.
SYSTEM = "system"
_acting: ContextVar[Callable[[], str]] = ContextVar("acting", default=str)


def acting_staff() -> str:
    """Return the name of the member of staff, or SYSTEM."""
    return _acting.get()() or SYSTEM


@contextmanager
def acting_as(name: Callable[[], str]) -> Iterator[None]:
    """Run code in the name that `name` returns. It is called only when the name is needed."""
    token = _acting.set(name)
    try:
        yield
    finally:
        _acting.reset(token)
