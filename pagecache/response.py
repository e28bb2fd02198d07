"""Responses, cached pages in each encoding, and the choice of an encoding for a request."""

import gzip
import re
import time
from functools import lru_cache
from hashlib import sha256
from math import inf
from typing import Any, NamedTuple

import brotli
import zstandard
from django.utils.http import parse_http_date_safe

# In order of preference. At these levels a page of 25 KB takes 10 ms. The highest levels take twice as long and save
# 3 %.
ENCODERS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=10),
    "zstd": lambda body: zstandard.ZstdCompressor(level=15).compress(body),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/xml",
    "application/atom+xml",
    "application/feed+json",
    "application/manifest+json",
    "application/javascript",
    "image/svg+xml",
)
# Headers that differ between encodings.
PER_ENCODING = {"etag", "content-length", "content-encoding", "vary"}
NOT_IN_304 = {"content-length", "content-type", "content-language", "content-encoding"}
# Browsers send shorter values. The limit bounds the memory for parsed values.
MAX_ACCEPT_ENCODING_LENGTH = 200
WEIGHT = re.compile(r"\s*q\s*=\s*(0?\.[0-9]+|[01](?:\.[0-9]*)?)?\s*")
# A longer If-None-Match header is ignored.
MAX_IF_NONE_MATCH_LENGTH = 2000
# The content version of a static file, which is current in each version.
ANY_VERSION = "any"
# The content version of a page that another build rendered, or that was rendered before the version was known.
UNKNOWN_VERSION = "unknown"


class Response(NamedTuple):
    """A complete HTTP response: status code, headers, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the values of the header `name`, given in lower case, joined by a comma; "" if there is none."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def is_cacheable(self) -> bool:
        """Whether it may be served to all requests with the same cache key."""
        return self.status == 200 and self._is_shared

    @property
    def is_personal(self) -> bool:
        """Whether the page depends on more of the request than its cache key."""
        return "private" in self.header("cache-control")

    @property
    def replaces_page(self) -> bool:
        """Whether it replaces a page that was removed: moved, not found, or gone, for all visitors."""
        return self.status in (301, 302, 308, 404, 410) and self._is_shared

    @property
    def _is_shared(self) -> bool:
        cache_control, vary = self.header("cache-control"), self.header("vary").lower().replace(" ", "")
        return (
            not self.header("set-cookie")
            and not self.header("content-encoding")
            and "no-store" not in cache_control
            and not self.is_personal
            and "'nonce-" not in self.header("content-security-policy")
            and set(vary.split(",")) <= {"", "accept-encoding", "accept-language"}
        )


class EncodedPage(NamedTuple):
    """A page in one encoding: its ETag, the response with status 200, and the one with status 304."""

    etag: str
    full: Response
    not_modified: Response


class CachedPage:
    """A rendered page in each encoding."""

    __slots__ = (
        "bodies",
        "build",
        "content_version",
        "encoded_pages",
        "expires_at",
        "headers",
        "rendered_at",
        "retry_at",
        "size",
    )

    def __init__(
        self,
        headers: list[tuple[str, str]],
        bodies: dict[str, bytes],
        content_version: str,
        build: str,
        rendered_at: float,
    ):
        self.headers, self.bodies = headers, bodies
        self.content_version, self.build, self.rendered_at = content_version, build, rendered_at
        # The moment from which the page is outdated even if no content changes.
        self.expires_at = expiry(headers)
        # Time of the next attempt to render it after an attempt failed, on the clock of time.monotonic.
        self.retry_at = 0.0
        # The ETag depends on the headers too, because a proxy keeps its old headers, such as a policy, after a 304.
        digest = sha256(repr(headers).encode() + bodies["identity"]).hexdigest()[:20]
        self.encoded_pages = {encoding: self._encoded(digest, encoding, body) for encoding, body in bodies.items()}
        self.size = 8192 + sum(map(len, bodies.values()))

    @classmethod
    def of(cls, response: Response, vary: str, content_version: str, build: str) -> "CachedPage":
        """Return the page of a response, compressed in each encoding that makes it smaller."""
        headers = [
            (name, stable_value(name, value)) for name, value in response.headers if name.lower() not in PER_ENCODING
        ]
        bodies = {"identity": response.body}
        if response.header("content-type").startswith(COMPRESSIBLE):
            for encoding, encode in ENCODERS.items():
                if len(encoded := encode(response.body)) < len(response.body):
                    bodies[encoding] = encoded
        return cls([*headers, ("Vary", vary)], bodies, content_version, build, time.time())

    def _encoded(self, digest: str, encoding: str, body: bytes) -> EncodedPage:
        etag = f'"{digest}"' if encoding == "identity" else f'"{digest}-{encoding}"'
        headers = [*self.headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding != "identity":
            headers.append(("Content-Encoding", encoding))
        headers_of_304 = [(name, value) for name, value in headers if name.lower() not in NOT_IN_304]
        return EncodedPage(etag, Response(200, headers, body), Response(304, headers_of_304, b""))

    def response(self, environ: dict[str, Any]) -> Response:
        """Return the response to a GET or HEAD request, in the best encoding that it accepts."""
        encodings = acceptable_encodings(environ.get("HTTP_ACCEPT_ENCODING", ""))
        page = self.encoded_pages[next(encoding for encoding in encodings if encoding in self.encoded_pages)]
        condition = environ.get("HTTP_IF_NONE_MATCH", "")
        if condition and len(condition) <= MAX_IF_NONE_MATCH_LENGTH and etag_matches(condition, page.etag):
            return page.not_modified
        return page.full

    def stale_response(self, environ: dict[str, Any]) -> Response:
        """Return the response for an outdated page, with the headers Age (RFC 9111) and Cache-Status (RFC 9211)."""
        response = self.response(environ)
        age = str(max(0, int(time.time() - self.rendered_at)))
        headers = [*response.headers, ("Age", age), ("Cache-Status", "site; hit; detail=stale")]
        return response._replace(headers=headers)


def expiry(headers: list[tuple[str, str]]) -> float:
    """Return the time in the header Expires in seconds since the epoch, or infinity."""
    value = next((value for name, value in headers if name.lower() == "expires"), "")
    time_of_expiry = parse_http_date_safe(value)
    return inf if time_of_expiry is None else float(time_of_expiry)


def stable_value(name: str, value: str) -> str:
    """Return the value of a header. Directives of a policy are sorted, because django-csp does not keep their order."""
    return "; ".join(sorted(value.split("; "))) if name.lower() == "content-security-policy" else value


def etag_matches(condition: str, etag: str) -> bool:
    """Whether If-None-Match contains `etag`, by weak comparison (RFC 9110, section 13.1.2)."""
    listed = [tag.strip() for tag in condition.split(",")]
    return "*" in listed or any(tag.removeprefix("W/") == etag for tag in listed)


def acceptable_encodings(accepted: str) -> tuple[str, ...]:
    """Return the encodings that Accept-Encoding allows (RFC 9110, section 12.5.3), best first, always with identity."""
    return parsed_encodings(accepted if len(accepted) <= MAX_ACCEPT_ENCODING_LENGTH else "")


@lru_cache(maxsize=256)
def parsed_encodings(accepted: str) -> tuple[str, ...]:
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, has_parameter, parameter = part.partition(";")
        match = WEIGHT.fullmatch(parameter)
        weights[name.strip()] = float(match[1] or 1) if match else float(not has_parameter)
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    available = {encoding: weights.get(encoding, weights.get("*", 0.0)) for encoding in ENCODERS}
    accepted_encodings = [encoding for encoding in available if available[encoding] > 0]
    return (*sorted(accepted_encodings, key=lambda encoding: -available[encoding]), "identity")
