"""The cache key: everything that a public page depends on.

deploy/nginx.conf repeats this definition in its `proxy_cache_key`. tests/server/test_nginx.py compares the two.
"""

import re
import sys
from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import unquote_plus, urlencode

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils import translation

# A file whose name contains the digest of its content.
STATIC_FILE = re.compile(rf"{settings.STATIC_URL}[\w./-]+\.[0-9a-f]{{12}}\.\w+\Z", re.ASCII)
# Returned by cached_parameters for a static file, and compared by identity. It must not be empty, because Python has
# only one empty frozenset.
STATIC = frozenset(["static"])
# No page has a longer path, host or query. The limits bound the memory for cached results of the functions below.
MAX_PATH_LENGTH, MAX_HOST_LENGTH, MAX_QUERY_LENGTH = 1024, 261, 200
# A longer query, including unknown parameters, is not parsed in the event loop.
MAX_RAW_QUERY_LENGTH = 4096


class VaryRule(Protocol):
    """Rule that maps requests to consent variants. `consent.variants.VaryRule` implements it."""

    @classmethod
    def in_force(cls) -> Self: ...

    @classmethod
    def from_json(cls, state: dict, /) -> Self: ...

    def as_json(self) -> dict: ...

    def variant(self, environ: dict, /) -> str: ...

    def has_known_cookie(self, environ: dict, /) -> bool: ...

    def request_headers(self, variant: str, /) -> dict[str, str] | None: ...

    def fallbacks(self, variant: str, /) -> list[str]: ...


class CacheKey(NamedTuple):
    """Everything that a cached page depends on. The view that renders it gets no other part of the request."""

    scheme: str
    host: str
    path: str
    query: str
    # The consent variant (consent.variants), or "" for a static file, which is the same for everyone.
    variant: str

    @property
    def is_static(self) -> bool:
        return not self.variant

    def is_canonical(self, server_port: str) -> bool:
        """Whether it has a host of ALLOWED_HOSTS, the port of the server, and no query.

        There are few such keys. Clients can invent any number of others.
        """
        domain, port = split_domain_port(self.host)
        return not self.query and domain in known_hosts() and port in ("", server_port)

    def environ(self, headers: dict[str, Any]) -> dict[str, Any]:
        """Return the WSGI environment for rendering the page. `headers` are the entries for its consent variant."""
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443" if self.scheme == "https" else "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self.host,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        return environ | headers


def cache_key(environ: dict[str, Any], rule: VaryRule) -> CacheKey | None:
    """Return the cache key of a request, given as a WSGI environment, or None if Django must answer it."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["SCRIPT_NAME"]:
        return None
    path, raw_query, raw_host = environ["PATH_INFO"], environ["QUERY_STRING"], environ.get("HTTP_HOST", "")
    if len(path) > MAX_PATH_LENGTH or len(raw_host) > MAX_HOST_LENGTH or len(raw_query) > MAX_RAW_QUERY_LENGTH:
        return None
    parameters = cached_parameters(path)
    # Django answers a Range request for a page. For a static file the header is ignored (RFC 9110, section 14.2).
    if parameters is None or ("HTTP_RANGE" in environ and parameters is not STATIC):
        return None
    # Staff get pages that are rendered for each request, so that they see their changes at once.
    has_session = settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
    if has_session and parameters is not STATIC:
        return None
    host = canonical_host(raw_host)
    scheme = environ["wsgi.url_scheme"]
    if host is None or (scheme != "https" and settings.SECURE_SSL_REDIRECT):
        return None
    if parameters is STATIC:
        return CacheKey(scheme, host, path, "", "")
    query = canonical_query(raw_query, parameters) if parameters else ""
    return None if query is None else CacheKey(scheme, host, path, query, rule.variant(environ))


@lru_cache(maxsize=4096)
def cached_parameters(path: str) -> frozenset[str] | None:
    """Return the query parameters that the page at `path` depends on, or None if its view is not marked as cached.

    For a static file, return STATIC.
    """
    if not path.isascii():
        return None
    if STATIC_FILE.match(path):
        return STATIC
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return getattr(resolve(path).func, "query_parameters", None)
        except Resolver404:
            return None


def canonical_query(query: str, parameters: frozenset[str]) -> str | None:
    """Return `query` with only `parameters`, sorted by name, and the last value of each, which is the one Django uses.

    Empty values are removed. Return None if a value is not ASCII or the result is too long.
    """
    if not query:
        return ""
    pairs = ((unquote_plus(name), value) for name, _, value in (pair.partition("=") for pair in query.split("&")))
    known = [(name, value) for name, value in pairs if name in parameters]
    if not all(value.isascii() for _name, value in known):
        return None
    values = {name: unquote_plus(value) for name, value in known}
    query = urlencode(sorted((name, value) for name, value in values.items() if value))
    return query if len(query) <= MAX_QUERY_LENGTH else None


@lru_cache(maxsize=256)
def canonical_host(host: str) -> str | None:
    """Return `host` in lower case and without a trailing dot, or None if it is not allowed."""
    domain, port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    return f"{domain}:{port}" if port else domain


def first_host() -> str:
    """Return the first host of ALLOWED_HOSTS, for requests of the program itself."""
    return next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")


@lru_cache(maxsize=1)
def known_hosts() -> frozenset[str]:
    return frozenset(host.lower() for host in settings.ALLOWED_HOSTS)
