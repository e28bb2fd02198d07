"""Redirects that staff keep in the admin."""

import logging

from django.db import DatabaseError
from django.http import HttpResponsePermanentRedirect

from health.errors import render_error
from health.request_log import cause_of
from pages.models import Redirect

log = logging.getLogger(__name__)


class RedirectMiddleware:
    """Answers an address that nothing else answers with the redirect that staff entered for it, or with 410.

    Only after a 404, or the 410 of what was deleted, so that a redirect costs no other page a query.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
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
