"""The member of staff in whose name the running code changes content."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

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


class ActingStaffMiddleware:
    """Runs each request in the name of the member of staff who sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The session is read only when the name is needed.
        with acting_as(lambda: request.user.get_username()):
            return self.get_response(request)
