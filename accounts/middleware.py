"""Response to a sign-in that was refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.backends import SignInRefusedError
from health.errors import BARE_LAYOUT, render_error

# Status → heading, remedy.
TEXTS: dict[int, tuple[Any, Any]] = {
    429: (_("Too many attempts"), _("Wait a quarter of an hour, then sign in again.")),
    503: (_("Too many sign-ins at the moment"), _("Your password was not checked. Try again in a few seconds.")),
}


class SignInMiddleware:
    """Answers SignInRefusedError, raised in any view, with a page that says when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, SignInRefusedError):
            return None
        # Without the menu, which would cost time while the server is busy.
        response = render_error(request, exception.status, BARE_LAYOUT, TEXTS[exception.status])
        response.headers["Retry-After"] = str(exception.retry_after)
        return response
