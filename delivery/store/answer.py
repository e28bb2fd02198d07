"""A finished page in every encoding, and the answer that one request gets of it."""

import gzip
import time
from functools import lru_cache
from hashlib import sha256

import brotli
import zstandard

# Best first. Qualities at which a page of 25 KB costs 15 ms in all; the last steps would double that for 3 %.
ENCODERS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=10),
    "zstd": lambda body: zstandard.ZstdCompressor(level=15).compress(body),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/javascript", "image/svg+xml")
# What is said anew for each form of the body.
OWN_HEADERS = {"etag", "content-length", "content-encoding", "vary"}
NOT_IN_304 = {"content-length", "content-type", "content-language", "content-encoding"}
# A name for a file that never changes: it is of every generation.
ALWAYS = "always"
# Made by an older program, or before it was known which generation the database holds.
UNKNOWN = "unknown"


class Rendering:
    """What the site answered: nothing of a request but its question went into it."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes):
        self.status, self.headers, self.body = status, headers, body
        self.code = int(status.split()[0])

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def may_be_kept(self) -> bool:
        """Whether it is a page for everyone, by all that its headers say."""
        cache_control, vary = self.header("cache-control"), self.header("vary").lower().replace(" ", "")
        return (
            self.code == 200
            and not self.header("set-cookie")
            and not self.header("content-encoding")
            and "no-store" not in cache_control
            and "private" not in cache_control
            and "'nonce-" not in self.header("content-security-policy")
            and set(vary.split(",")) <= {"", "accept-encoding", "accept-language"}
        )


class Kept:
    """A page as it is handed out: for each encoding the body, its ETag, and the headers of a 200 and of a 304.

    The headers are there as WSGI has them, and as they are written to a connection.
    """

    __slots__ = ("asked", "bodies", "build", "forms", "generation", "headers", "made_at", "retry_at", "size")

    def __init__(self, headers, bodies: dict[str, bytes], generation: str, build: str, made_at: float):
        self.headers, self.bodies = headers, bodies
        self.generation, self.build, self.made_at = generation, build, made_at
        # How often it was asked for since the last change, and until when no fault is to be tried again.
        self.asked, self.retry_at = 0, 0.0
        name = sha256(bodies["identity"]).hexdigest()[:20]
        self.forms = {encoding: self.form(name, encoding, body) for encoding, body in bodies.items()}
        heads = (head for form in self.forms.values() for head in form[-2:])
        self.size = 4096 + sum(map(len, bodies.values())) + sum(map(len, heads))

    @classmethod
    def of(cls, rendering: Rendering, vary: str, generation: str, build: str) -> "Kept":
        headers = [(name, value) for name, value in rendering.headers if name.lower() not in OWN_HEADERS]
        bodies = {"identity": rendering.body}
        if rendering.header("content-type").startswith(COMPRESSIBLE):
            for encoding, encode in ENCODERS.items():
                if len(encoded := encode(rendering.body)) < len(rendering.body):
                    bodies[encoding] = encoded
        return cls([*headers, ("Vary", vary)], bodies, generation, build, time.time())

    def form(self, name: str, encoding: str, body: bytes) -> tuple[str, list, list, list[bytes], bytes, bytes]:
        etag = f'"{name}"' if encoding == "identity" else f'"{name}-{encoding}"'
        headers = [*self.headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding != "identity":
            headers.append(("Content-Encoding", encoding))
        unchanged = [(name, value) for name, value in headers if name.lower() not in NOT_IN_304]
        return etag, headers, unchanged, [body], head_of("200 OK", headers), head_of("304 Not Modified", unchanged)

    def form_for(self, environ: dict) -> tuple[str, list, list, list[bytes], bytes, bytes]:
        accepted = acceptable(environ.get("HTTP_ACCEPT_ENCODING", ""))
        return self.forms[next(encoding for encoding in accepted if encoding in self.forms)]

    def send(self, environ: dict, start_response, *more: tuple[str, str]) -> list[bytes]:
        """Answer a GET or HEAD in the best form that its sender can read; there always is one."""
        etag, headers, unchanged, body, _head, _head_unchanged = self.form_for(environ)
        if "HTTP_IF_NONE_MATCH" in environ and matches(environ["HTTP_IF_NONE_MATCH"], etag):
            start_response("304 Not Modified", [*unchanged, *more])
            return []
        start_response("200 OK", [*headers, *more] if more else headers)
        return body if environ["REQUEST_METHOD"] == "GET" else []

    def wire(self, environ: dict) -> tuple[bytes, bytes]:
        """The same as HTTP/1.1 writes it: what stands before the date, and the body."""
        etag, _headers, _unchanged, body, head, head_unchanged = self.form_for(environ)
        if "HTTP_IF_NONE_MATCH" in environ and matches(environ["HTTP_IF_NONE_MATCH"], etag):
            return head_unchanged, b""
        return head, body[0] if environ["REQUEST_METHOD"] == "GET" else b""

    def send_late(self, environ: dict, start_response) -> list[bytes]:
        """Answer with what may be outdated, and say so (RFC 9111, section 5.1; RFC 9211)."""
        age = str(max(0, int(time.time() - self.made_at)))
        return self.send(environ, start_response, ("Age", age), ("Cache-Status", "site; hit; detail=last-good"))


def head_of(status: str, headers: list[tuple[str, str]]) -> bytes:
    """An answer's first lines, as HTTP/1.1 writes them."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), ""]
    return "\r\n".join(lines).encode("latin-1")


def matches(condition: str, etag: str) -> bool:
    """If-None-Match by weak comparison (RFC 9110, section 13.1.2)."""
    listed = [tag.strip() for tag in condition.split(",")]
    return "*" in listed or any(tag.removeprefix("W/") == etag for tag in listed)


@lru_cache(maxsize=256)
def acceptable(accepted: str) -> tuple[str, ...]:
    """The encodings that an Accept-Encoding names (RFC 9110, section 12.5.3), best first; identity always last."""
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
