"""A finished page in every encoding, and the answer that one request gets of it."""

import gzip
import time
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import brotli
import zstandard

# Best first. Qualities at which a page of 25 KB costs 10 ms in all; the last steps would double that for 3 %.
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
# What is said anew for each form of the body.
OWN_HEADERS = {"etag", "content-length", "content-encoding", "vary"}
NOT_IN_304 = {"content-length", "content-type", "content-language", "content-encoding"}
# No browser says more; what it says is remembered.
LONGEST_ACCEPTED = 200
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


class Answer(NamedTuple):
    """What is sent: the status and headers as WSGI has them and, up to the date, as HTTP/1.1 writes them; the body."""

    status: str
    headers: list[tuple[str, str]]
    head: bytes
    body: bytes

    def send(self, start_response) -> list[bytes]:
        start_response(self.status, self.headers)
        return [self.body] if self.body else []


class Form(NamedTuple):
    """A page in one encoding: its ETag, and what is sent to who lacks it and to who has it."""

    etag: str
    whole: Answer
    unchanged: Answer


class Kept:
    """A page as it is handed out, in each encoding."""

    __slots__ = ("asked", "bodies", "build", "forms", "generation", "headers", "made_at", "retry_at", "size")

    def __init__(self, headers, bodies: dict[str, bytes], generation: str, build: str, made_at: float):
        self.headers, self.bodies = headers, bodies
        self.generation, self.build, self.made_at = generation, build, made_at
        # How often it was sent since the last change, and until when no fault is to be tried again.
        self.asked, self.retry_at = 0, 0.0
        name = sha256(bodies["identity"]).hexdigest()[:20]
        self.forms = {encoding: self.form(name, encoding, body) for encoding, body in bodies.items()}
        heads = sum(len(form.whole.head) + len(form.unchanged.head) for form in self.forms.values())
        self.size = 4096 + sum(map(len, bodies.values())) + heads

    @classmethod
    def of(cls, rendering: Rendering, vary: str, generation: str, build: str) -> "Kept":
        headers = [(name, value) for name, value in rendering.headers if name.lower() not in OWN_HEADERS]
        bodies = {"identity": rendering.body}
        if rendering.header("content-type").startswith(COMPRESSIBLE):
            for encoding, encode in ENCODERS.items():
                if len(encoded := encode(rendering.body)) < len(rendering.body):
                    bodies[encoding] = encoded
        return cls([*headers, ("Vary", vary)], bodies, generation, build, time.time())

    def form(self, name: str, encoding: str, body: bytes) -> Form:
        etag = f'"{name}"' if encoding == "identity" else f'"{name}-{encoding}"'
        headers = [*self.headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding != "identity":
            headers.append(("Content-Encoding", encoding))
        unchanged = [(name, value) for name, value in headers if name.lower() not in NOT_IN_304]
        return Form(etag, answer_of("200 OK", headers, body), answer_of("304 Not Modified", unchanged, b""))

    def answer(self, environ: dict) -> Answer:
        """The answer to a GET or HEAD in the best form that its sender can read; there always is one."""
        self.asked += 1
        said = environ.get("HTTP_ACCEPT_ENCODING", "")
        accepted = acceptable(said if len(said) <= LONGEST_ACCEPTED else "")
        form = self.forms[next(encoding for encoding in accepted if encoding in self.forms)]
        if "HTTP_IF_NONE_MATCH" in environ and matches(environ["HTTP_IF_NONE_MATCH"], form.etag):
            return form.unchanged
        return form.whole if environ["REQUEST_METHOD"] == "GET" else form.whole._replace(body=b"")

    def late_answer(self, environ: dict) -> Answer:
        """The answer with what may be outdated, which says so (RFC 9111, section 5.1; RFC 9211)."""
        answer = self.answer(environ)
        age = str(max(0, int(time.time() - self.made_at)))
        headers = [*answer.headers, ("Age", age), ("Cache-Status", "site; hit; detail=last-good")]
        return answer_of(answer.status, headers, answer.body)


def answer_of(status: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), ""]
    return Answer(status, headers, "\r\n".join(lines).encode("latin-1"), body)


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
