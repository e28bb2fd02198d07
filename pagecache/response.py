"""Responses: what Django answered, a page in every encoding, and what one request gets of it."""

import gzip
import time
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import brotli
import zstandard

# Preferred first. At these qualities a page of 25 KB costs 10 ms in all; the highest would double that for 3 %.
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
    "application/manifest+json",
    "application/javascript",
    "image/svg+xml",
)
# Headers that are written anew for each encoding.
PER_ENCODING = {"etag", "content-length", "content-encoding", "vary"}
NOT_IN_304 = {"content-length", "content-type", "content-language", "content-encoding"}
# A longer Accept-Encoding is no browser's, and parsed ones are remembered.
LONGEST_ACCEPT_ENCODING = 200
# A longer If-None-Match names no few pages, and is not looked through.
LONGEST_CONDITION = 2000
# The content version of a file whose name holds the digest of its content.
ALWAYS = "always"
# The content version of a page from an older program, or from before the version in the database was known.
UNKNOWN = "unknown"


class Response(NamedTuple):
    """An HTTP response whose body is whole: status code, headers as text, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The values of the header `name` (lower case), joined by a comma; "" where there is none."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def is_cacheable(self) -> bool:
        """Whether it is a page that may be served to everyone who sends the same cache key."""
        return self.status == 200 and self._is_for_everyone

    @property
    def replaces_page(self) -> bool:
        """Whether it says to everyone that the page is not there any more: moved, not found, or gone."""
        return self.status in (301, 302, 308, 404, 410) and self._is_for_everyone

    @property
    def _is_for_everyone(self) -> bool:
        cache_control, vary = self.header("cache-control"), self.header("vary").lower().replace(" ", "")
        return (
            not self.header("set-cookie")
            and not self.header("content-encoding")
            and "no-store" not in cache_control
            and "private" not in cache_control
            and "'nonce-" not in self.header("content-security-policy")
            and set(vary.split(",")) <= {"", "accept-encoding", "accept-language"}
        )


class Variant(NamedTuple):
    """A page in one encoding: its ETag, the whole response, and the response to a client that has it already."""

    etag: str
    whole: Response
    not_modified: Response


class CachedPage:
    """A rendered page in each encoding."""

    __slots__ = ("bodies", "build", "content_version", "headers", "rendered_at", "retry_at", "size", "variants")

    def __init__(self, headers, bodies: dict[str, bytes], content_version: str, build: str, rendered_at: float):
        self.headers, self.bodies = headers, bodies
        self.content_version, self.build, self.rendered_at = content_version, build, rendered_at
        # After a failed attempt to render it anew, no other is made before this moment (time.monotonic).
        self.retry_at = 0.0
        # Over the headers too: a 304 does not renew the headers that a proxy stored, a changed policy for one.
        digest = sha256(repr(headers).encode() + bodies["identity"]).hexdigest()[:20]
        self.variants = {encoding: self._variant(digest, encoding, body) for encoding, body in bodies.items()}
        self.size = 8192 + sum(map(len, bodies.values()))

    @classmethod
    def of(cls, response: Response, vary: str, content_version: str, build: str) -> "CachedPage":
        headers = [
            (name, in_order(name, value)) for name, value in response.headers if name.lower() not in PER_ENCODING
        ]
        bodies = {"identity": response.body}
        if response.header("content-type").startswith(COMPRESSIBLE):
            for encoding, encode in ENCODERS.items():
                if len(encoded := encode(response.body)) < len(response.body):
                    bodies[encoding] = encoded
        return cls([*headers, ("Vary", vary)], bodies, content_version, build, time.time())

    def _variant(self, digest: str, encoding: str, body: bytes) -> Variant:
        etag = f'"{digest}"' if encoding == "identity" else f'"{digest}-{encoding}"'
        headers = [*self.headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding != "identity":
            headers.append(("Content-Encoding", encoding))
        unchanged = [(name, value) for name, value in headers if name.lower() not in NOT_IN_304]
        return Variant(etag, Response(200, headers, body), Response(304, unchanged, b""))

    def response(self, environ: dict) -> Response:
        """The response to a GET or HEAD in the best encoding that its sender accepts; there always is one."""
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encodings = acceptable_encodings(accepted if len(accepted) <= LONGEST_ACCEPT_ENCODING else "")
        variant = self.variants[next(encoding for encoding in encodings if encoding in self.variants)]
        condition = environ.get("HTTP_IF_NONE_MATCH", "")
        if condition and len(condition) <= LONGEST_CONDITION and etag_matches(condition, variant.etag):
            return variant.not_modified
        return variant.whole

    def stale_response(self, environ: dict) -> Response:
        """The response with a page that may be outdated, which says so (RFC 9111, section 5.1; RFC 9211)."""
        response = self.response(environ)
        age = str(max(0, int(time.time() - self.rendered_at)))
        headers = [*response.headers, ("Age", age), ("Cache-Status", "site; hit; detail=stale")]
        return response._replace(headers=headers)


def in_order(name: str, value: str) -> str:
    """A header's value; directives of a policy sorted, as django-csp writes them in another order in each process."""
    return "; ".join(sorted(value.split("; "))) if name.lower() == "content-security-policy" else value


def etag_matches(condition: str, etag: str) -> bool:
    """Whether If-None-Match names `etag`, by weak comparison (RFC 9110, section 13.1.2)."""
    listed = [tag.strip() for tag in condition.split(",")]
    return "*" in listed or any(tag.removeprefix("W/") == etag for tag in listed)


@lru_cache(maxsize=256)
def acceptable_encodings(accepted: str) -> tuple[str, ...]:
    """The encodings that an Accept-Encoding allows (RFC 9110, section 12.5.3), best first; identity always last."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weight = parameter.partition("=")[2].strip() or "1"
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            weights[name.strip()] = 0.0
    if "x-gzip" in weights:
        weights.setdefault("gzip", weights["x-gzip"])
    found = {encoding: weights.get(encoding, weights.get("*", 0.0)) for encoding in ENCODERS}
    wanted = sorted((encoding for encoding in found if found[encoding] > 0), key=lambda encoding: -found[encoding])
    return (*wanted, "identity")
