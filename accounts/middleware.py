"""The answer to a sign-in that was held off."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.backends import SignInHeldOffError
from health.errors import BARE_LAYOUT, render_error


class SignInMiddleware:
    """Turns SignInHeldOffError, whichever view was signing somebody in, into a page that says when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, SignInHeldOffError):
            return None
        words = None
        if exception.status == 503:
            words = (
                _("Too many sign-ins at the moment"),
                _("Your password was not checked. Try again in a few seconds."),
            )
        # Without the menu: many of these pages are sent when there is least time for them.
        response = render_error(request, exception.status, BARE_LAYOUT, words)
        response.headers["Retry-After"] = str(exception.retry_after)
        return response
