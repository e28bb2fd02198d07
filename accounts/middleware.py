"""Response to a sign-in that was refused."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.backends import SignInRefusedError
from health.errors import BARE_LAYOUT, render_error


class SignInMiddleware:
    """Answers SignInRefusedError, raised in any view, with a page that says when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, SignInRefusedError):
            return None
        texts = None
        if exception.status == 503:
            texts = (
                _("Too many sign-ins at the moment"),
                _("Your password was not checked. Try again in a few seconds."),
            )
        # Without the menu, which would cost time while the server is busy.
        response = render_error(request, exception.status, BARE_LAYOUT, texts)
        response.headers["Retry-After"] = str(exception.retry_after)
        return response
