"""Requests that Django would misread, and error pages for those that the server refused before it called Django."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, render_error
from pagecache.response import acceptable_encodings
from server.asgi import REFUSED_STATUS

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# In a query, in UTF-8, without tab, line feed and carriage return.
IN_QUERY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|%(?:0[0-8bcef]|1[0-9a-f]|7f|c2%[89][0-9a-f])", re.IGNORECASE)


class RequestMiddleware:
    """Corrects what Django, WhiteNoise and the databases would misread.

    Control characters in a query become spaces, because PostgreSQL accepts no NUL. A path with one is not found.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = request.META
        if accepted := headers.get("HTTP_ACCEPT_ENCODING"):
            # Django and WhiteNoise do not read the weight 0.
            headers["HTTP_ACCEPT_ENCODING"] = ", ".join(acceptable_encodings(accepted))
        if "HTTP_IF_RANGE" in headers:
            # WhiteNoise does not compare it. Without the range, the answer is the whole file (RFC 9110, section 14.2).
            headers.pop("HTTP_RANGE", None)
        if query := headers.get("QUERY_STRING"):
            headers["QUERY_STRING"] = IN_QUERY.sub("+", query)
        if CONTROL_CHARACTERS.search(request.path_info):
            headers[REFUSED_STATUS] = 404
        return self.get_response(request)


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
