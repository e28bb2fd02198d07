"""The site's own answers, asked for in this process."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

from pagecache.key import CacheKey


class MirrorRequest(WSGIRequest):
    """A request for a page of the static mirror."""

    def get_host(self) -> str:
        """The mirror's own host, which need not be one of ALLOWED_HOSTS."""
        return self.META["HTTP_HOST"]


class MirrorHandler(WSGIHandler):
    request_class = MirrorRequest


@dataclass(frozen=True)
class Answer:
    """An answer of the site: status, headers (names in lower case), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


class SiteError(Exception):
    """The site could not make a page that it should have made."""


class Site:
    """The site as it answers at `address`, such as https://unic.example.org."""

    def __init__(self, address: str):
        self.address = address

    @cached_property
    def handler(self) -> MirrorHandler:
        return MirrorHandler()

    def environ(self, path: str, query: str = "") -> dict:
        parts = urlsplit(self.address)
        # WSGI carries the bytes of a path as Latin-1 (PEP 3333).
        return CacheKey(parts.scheme, parts.netloc, path.encode().decode("latin-1"), query, "").environ({})

    def request(self, path: str) -> MirrorRequest:
        """A request for rendering a page that no view makes."""
        return MirrorRequest(self.environ(path))

    def ask(self, path: str, query: str = "") -> Answer:
        """The answer to a visitor without cookies. Raises SiteError where the site fails."""
        started = []
        response = self.handler(
            self.environ(path, query), lambda status, headers, error=None: started.extend((status, headers))
        )
        try:
            body = b"".join(response)
        finally:
            response.close()
        status, headers = started
        answer = Answer(int(status[:3]), {name.lower(): value for name, value in headers}, body)
        if answer.status >= 500:
            raise SiteError(f"{path} could not be made ({status}); the log says why.")
        return answer


@lru_cache(maxsize=4096)
def match_of(path: str) -> ResolverMatch | None:
    """The view at `path` in the language of that path; None where there is none."""
    with translation.override(language_of(path)):
        try:
            return resolve(path)
        except Resolver404:
            return None


def query_parameters(path: str) -> frozenset[str] | None:
    """The query parameters that the page at `path` depends on; None where each visitor may get another page."""
    match = match_of(path)
    return getattr(match.func, "query_parameters", None) if match else None


def language_of(path: str) -> str:
    return translation.get_language_from_path(path) or settings.LANGUAGE_CODE
