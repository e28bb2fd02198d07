"""Requests to the site within this process."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

from pagecache.key import CacheKey


class MirrorRequest(WSGIRequest):
    """A request for a page of the static mirror."""

    def get_host(self) -> str:
        """Return the host of the mirror, which does not have to be in ALLOWED_HOSTS."""
        return self.META["HTTP_HOST"]


@dataclass(frozen=True)
class SiteResponse:
    """A response of the site: status, headers with names in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class SiteError(Exception):
    """The site cannot render a page. The message states which one."""


class Site:
    """The site under `origin`, such as https://unic.example.org."""

    def __init__(self, origin: str):
        self.origin = origin

    @cached_property
    def handler(self) -> WSGIHandler:
        return WSGIHandler()

    def environ(self, path: str, query: str = "") -> dict[str, Any]:
        parts = urlsplit(self.origin)
        # WSGI represents the bytes of a path as Latin-1 (PEP 3333).
        return CacheKey(parts.scheme, parts.netloc, path.encode().decode("latin-1"), query, "").environ({})

    def request(self, path: str) -> MirrorRequest:
        """Return a request for rendering a template without a view."""
        return MirrorRequest(self.environ(path))

    def get(self, path: str, query: str = "") -> SiteResponse:
        """Return the response to a visitor without cookies. Raises SiteError for a status of 500 or more."""
        response = self.handler.get_response(MirrorRequest(self.environ(path, query)))
        try:
            body = b"".join(response)
        finally:
            response.close()
        if response.status_code >= 500:
            status = f"{response.status_code} {response.reason_phrase}"
            raise SiteError(f"{path} could not be rendered ({status}); see the log.")
        headers = {name.lower(): value for name, value in response.items()}
        return SiteResponse(response.status_code, headers, body)


@lru_cache(maxsize=4096)
def match_of(path: str) -> ResolverMatch | None:
    """Return the match for `path` in the language of that path, or None."""
    with translation.override(language_of(path)):
        try:
            return resolve(path)
        except Resolver404:
            return None


def query_parameters(path: str) -> frozenset[str] | None:
    """Return the query parameters that the page at `path` depends on, or None if its view is not a cached page."""
    match = match_of(path)
    return getattr(match.func, "query_parameters", None) if match else None


def language_of(path: str) -> str:
    return translation.get_language_from_path(path) or settings.LANGUAGE_CODE
