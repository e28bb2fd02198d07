"""Error pages for requests that the server refused before it called Django."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, render_error
from server.asgi import REFUSED_STATUS


class RefusedRequestMiddleware:
    """Sends the error page for the status in REFUSED_STATUS instead of calling the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No header can set it, because the names of headers in META begin with HTTP_.
        if (status := request.META.get(REFUSED_STATUS)) is None:
            return self.get_response(request)
        response = render_error(request, status, BARE_LAYOUT)
        if status == 503:
            response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
        return response
