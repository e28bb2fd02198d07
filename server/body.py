"""Request bodies: read whole before Django is called, within limits on size, time and rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile

# Bodies above this many bytes are kept on disk, and so is what all bodies of a process hold above the second number.
BYTES_IN_MEMORY = 32 * 1024
BYTES_IN_MEMORY_OF_ALL = 16 * 1024 * 1024
# A body must have arrived after this many seconds, and one more for each so many bytes that have arrived.
SECONDS_TO_ARRIVE = 15
BYTES_A_SECOND = 8 * 1024
# Methods whose requests may change something, and so need their whole body.
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class BodyLimit:
    """Limits on a body: its size in bytes, and whether it may carry files (multipart/form-data)."""

    size: int
    accepts_files: bool


class Body(SpooledTemporaryFile):
    """A request body: in memory while it is short and there is room, otherwise in a temporary file."""

    # Bytes of all bodies in memory. Bodies are written and closed by the event loop alone.
    in_memory = 0

    def __init__(self):
        super().__init__(max_size=BYTES_IN_MEMORY)
        self.counted = 0

    @property
    def is_on_disk(self) -> bool:
        return self.name is not None

    def write(self, chunk: bytes):
        if Body.in_memory + len(chunk) > BYTES_IN_MEMORY_OF_ALL:
            self.rollover()
        super().write(chunk)
        self._count(0 if self.is_on_disk else self.counted + len(chunk))

    def close(self):
        self._count(0)
        super().close()

    def __exit__(self, *error):
        self.close()

    def _count(self, size: int):
        Body.in_memory += size - self.counted
        self.counted = size


class RefusedError(Exception):
    """The request is answered with the error page of `status` instead of by its view."""

    def __init__(self, status: HTTPStatus):
        super().__init__(status.phrase)
        self.status = status


class CutOffError(Exception):
    """The client went away before it had sent the whole body; nobody waits for an answer."""


def check_announced(environ: dict, limit: BodyLimit):
    """Refuse a body by what the head of the request says of it. Raises RefusedError."""
    length = environ.get("CONTENT_LENGTH", "0")
    if not (length.isascii() and length.isdecimal()):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    # Eighteen digits are more than any limit; int() refuses numbers of thousands of digits.
    if len(length.lstrip("0")) > 18 or int(length) > limit.size:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type.startswith("multipart/") and not limit.accepts_files:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def read_body(environ: dict, receive: Callable[[], Awaitable[dict]], limit: BodyLimit) -> Body:
    """Read the body from the ASGI callable `receive`; afterwards `environ` holds its true length.

    Raises RefusedError where it is too large or too slow, CutOffError where the client went away.
    """
    check_announced(environ, limit)
    announced = environ.get("CONTENT_LENGTH")
    # Closed by whoever answers the request.
    body = Body()
    try:
        size = await _copy(receive, body, limit)
        if announced is not None and size != int(announced):
            raise CutOffError
    except BaseException:
        body.close()
        raise
    body.seek(0)
    environ["CONTENT_LENGTH"] = str(size)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


async def _copy(receive: Callable[[], Awaitable[dict]], body: Body, limit: BodyLimit) -> int:
    """Write what arrives to `body`, and return the number of bytes."""
    began, size = time.monotonic(), 0
    while True:
        remaining = began + SECONDS_TO_ARRIVE + size / BYTES_A_SECOND - time.monotonic()
        try:
            message = await asyncio.wait_for(_next(receive), max(remaining, 0))
        except TimeoutError:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT) from None
        if message["type"] != "http.request":
            raise CutOffError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit.size:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body.write(chunk)
        if not message.get("more_body"):
            return size


async def _next(receive: Callable[[], Awaitable[dict]]) -> dict:
    # granian returns an awaitable of its own, which asyncio.wait_for does not take.
    return await receive()
