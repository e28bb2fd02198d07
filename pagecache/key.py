"""The cache key: everything that a public page depends on.

deploy/nginx.conf repeats this definition in its `proxy_cache_key`; tests/server/test_nginx.py compares the two.
"""

import re
import sys
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple
from urllib.parse import unquote_plus, urlencode

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils import translation

# A file whose name holds the digest of its content.
STATIC_FILE = re.compile(rf"{settings.STATIC_URL}[\w./-]+\.[0-9a-f]{{12}}\.\w+\Z", re.ASCII)
# Stands for the parameters of such a file; not empty, as all empty frozensets are one object.
STATIC = frozenset(["static"])
# No page has longer ones. Parsed ones are remembered, so their length is bounded.
LONGEST_PATH, LONGEST_HOST, LONGEST_QUERY = 1024, 261, 200
# A longer query with parameters that no page knows is parsed by Django, in a thread.
LONGEST_RAW_QUERY = 4096


class CacheKey(NamedTuple):
    """Everything that a cached page depends on. No other part of a request reaches the view that renders it."""

    scheme: str
    host: str
    path: str
    query: str
    # The consent variant (consent.variants); "" for a static file, which is the same for everyone.
    variant: str

    @property
    def is_static(self) -> bool:
        return not self.variant

    def is_foreseeable(self, server_port: str) -> bool:
        """Whether only few keys of its kind exist; hosts, ports and queries can be made up by the thousand."""
        domain, port = split_domain_port(self.host)
        return not self.query and domain in known_hosts() and port in ("", server_port)

    def environ(self, headers: dict[str, str]) -> dict:
        """The WSGI environment to render the page with; `headers` are those that stand for the variant."""
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


def cache_key(environ: dict, rule) -> CacheKey | None:
    """The key of a request's page, or None where Django itself has to answer.

    `environ` is a WSGI environment, `rule` the consent rule in force (consent.variants.VaryRule).
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["SCRIPT_NAME"]:
        return None
    path, host = environ["PATH_INFO"], environ.get("HTTP_HOST", "")
    if len(path) > LONGEST_PATH or len(host) > LONGEST_HOST or len(environ["QUERY_STRING"]) > LONGEST_RAW_QUERY:
        return None
    parameters = cached_parameters(path)
    # A range of a page is left to Django. That of a static file may be ignored (RFC 9110, section 14.2).
    if parameters is None or ("HTTP_RANGE" in environ and parameters is not STATIC):
        return None
    # Staff read pages that were rendered for them, so that they see their changes at once.
    has_session = settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
    if has_session and parameters is not STATIC:
        return None
    host = canonical_host(host)
    scheme = environ["wsgi.url_scheme"]
    if host is None or (scheme != "https" and settings.SECURE_SSL_REDIRECT):
        return None
    if parameters is STATIC:
        return CacheKey(scheme, host, path, "", "")
    query = canonical_query(environ["QUERY_STRING"], parameters) if parameters else ""
    return None if query is None else CacheKey(scheme, host, path, query, rule.variant(environ))


@lru_cache(maxsize=4096)
def cached_parameters(path: str) -> frozenset[str] | None:
    """The query parameters that the page at `path` depends on, or None if its view is not marked as cached."""
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
    """`query` with nothing but `parameters`, sorted by name, the last value of each, as Django takes it.

    None where a value is not ASCII or the result is too long.
    """
    if not query:
        return ""
    pairs = ((unquote_plus(name), value) for name, _, value in (pair.partition("=") for pair in query.split("&")))
    known = [(name, value) for name, value in pairs if name in parameters]
    if not all(value.isascii() for _name, value in known):
        return None
    found = {name: unquote_plus(value) for name, value in known}
    query = urlencode(sorted((name, value) for name, value in found.items() if value))
    return query if len(query) <= LONGEST_QUERY else None


@lru_cache(maxsize=256)
def canonical_host(host: str) -> str | None:
    """`host` in lower case and without a last dot, or None where it is not allowed."""
    domain, port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    return f"{domain}:{port}" if port else domain


@lru_cache(maxsize=1)
def known_hosts() -> frozenset[str]:
    return frozenset(host.lower() for host in settings.ALLOWED_HOSTS)
