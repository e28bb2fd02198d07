"""The language of a request, redirects that staff enter in the admin, and addresses that people type."""

import logging
from collections.abc import Callable
from string import punctuation
from urllib.parse import quote

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from health.errors import render_error
from health.request_log import cause_of
from pages.addresses import find_typed, with_query, without_parameters
from pages.languages import language_of
from pages.models import Redirect

log = logging.getLogger(__name__)


class LanguageMiddleware(LocaleMiddleware):
    """Activates the language of the page.

    Unlike Django, it reads Accept-Language although parts of it are not valid, and does not redirect an address without
    a language before it is known whether that leads anywhere.
    """

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not translation.get_language_from_path(request.path_info):
            patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


class RedirectMiddleware:
    """Replaces a 404 or 410 response with a redirect that staff entered for the address, or with 410.

    An address without a redirect that people mistyped, such as /EN/Partners, leads on to the page. Both are only looked
    up for these responses, so other pages need no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return response
        # WSGI represents the bytes of a query as Latin-1 (PEP 3333). Some clients do not encode those outside ASCII.
        query = quote(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"), safe=punctuation)
        if response.status_code == 301:
            # Django's views redirect without the query.
            if "?" not in response.headers["Location"]:
                response.headers["Location"] = with_query(response.headers["Location"], query)
            return response
        # Addresses of some other systems are those of their home page with a query.
        if response.status_code not in (404, 410) and not (query and request.path == "/"):
            return response
        try:
            return self.redirect(request, query, response)
        except DatabaseError as error:
            log.warning("Redirects could not be read: %s", cause_of(error))
            return response

    @staticmethod
    def redirect(request: HttpRequest, query: str, response: HttpResponseBase) -> HttpResponseBase:
        if found := Redirect.objects.published().match(quote(request.path_info), query):
            redirect, used = found
            if not redirect.new_path:
                return render_error(request, 410)
            return HttpResponsePermanentRedirect(with_query(redirect.new_path, without_parameters(query, used)))
        if response.status_code == 404 and (page := find_typed(request)):
            address, is_preferred = page
            if not is_preferred:
                return HttpResponsePermanentRedirect(with_query(address, query))
            found_response = HttpResponseRedirect(with_query(address, query))
            patch_vary_headers(found_response, ["Accept-Language", "Cookie"])
            return found_response
        return response
