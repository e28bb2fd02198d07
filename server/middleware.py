"""Error pages for requests that the server refused before Django saw them."""

from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, render_error
from server.asgi import REFUSED


class RefusedRequestMiddleware:
    """Answers with the error page of the status that the server refused the request with."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # No header can set it: those are in META under HTTP_….
        if (status := request.META.get(REFUSED)) is None:
            return self.get_response(request)
        response = render_error(request, status, BARE_LAYOUT)
        if status == 503:
            response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
        return response
