"""Redirects that staff enter in the admin."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from health.errors import render_error
from health.request_log import cause_of
from pages.models import Redirect

log = logging.getLogger(__name__)


class RedirectMiddleware:
    """Replace a 404 or 410 response with the redirect that staff entered for the path, or with 410.

    Redirects are only looked up for these responses, so other pages need no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code not in (404, 410) or request.method not in ("GET", "HEAD"):
            return response
        try:
            target = Redirect.objects.published().target(request.path)
        except DatabaseError as error:
            log.warning("Redirects could not be read: %s", cause_of(error))
            return response
        if target is None:
            return response
        if not target:
            return render_error(request, 410)
        query = request.META.get("QUERY_STRING")
        return HttpResponsePermanentRedirect(f"{target}?{query}" if query else target)
