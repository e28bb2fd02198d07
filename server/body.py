"""Request bodies: read whole before Django is called, within limits on size, time and rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from django.utils.http import parse_header_parameters

# Maximum bytes in memory of one body, and of all bodies of a process. A body that exceeds a limit is written to disk.
MAX_BYTES_IN_MEMORY = 32 * 1024
MAX_BYTES_OF_ALL_IN_MEMORY = 16 * 1024 * 1024
# A body must arrive within this many seconds, plus the time that it takes at the lowest accepted rate.
ARRIVAL_TIMEOUT = 15
MIN_BYTES_PER_SECOND = 8 * 1024
# Safe methods (RFC 9110, section 9.2.1): their requests change nothing, so their bodies are not read.
METHODS_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class BodyLimit:
    """Limits on a body: its size in bytes, and whether it may contain files (multipart/form-data)."""

    size: int
    accepts_files: bool


class Body(SpooledTemporaryFile):
    """A request body in memory, or in a temporary file once it or all bodies together exceed their limit."""

    # Bytes of all bodies in memory. Only the event loop writes and closes bodies.
    bytes_of_all_in_memory = 0

    def __init__(self):
        super().__init__(max_size=MAX_BYTES_IN_MEMORY)
        self.bytes_in_memory = 0

    @property
    def is_on_disk(self) -> bool:
        return self.name is not None

    def append(self, chunk: bytes):
        if Body.bytes_of_all_in_memory + len(chunk) > MAX_BYTES_OF_ALL_IN_MEMORY:
            self.rollover()
        self.write(chunk)
        self._count(0 if self.is_on_disk else self.bytes_in_memory + len(chunk))

    def close(self):
        self._count(0)
        super().close()

    def __exit__(self, *error):
        self.close()

    def _count(self, size: int):
        Body.bytes_of_all_in_memory += size - self.bytes_in_memory
        self.bytes_in_memory = size


class RefusedError(Exception):
    """The request is not passed to a view. Its sender gets the error page for `status`."""

    def __init__(self, status: HTTPStatus):
        super().__init__(status.phrase)
        self.status = status


class IncompleteBodyError(Exception):
    """The body is shorter or longer than announced, or the client disconnected before the end of the body."""


def check_headers(environ: dict[str, Any], limit: BodyLimit):
    """Raise RefusedError if the headers of a request announce a body that exceeds the limit or is not in UTF-8."""
    length = environ.get("CONTENT_LENGTH", "0")
    if not (length.isascii() and length.isdecimal()):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    # Any 19-digit number exceeds the limit, and int() refuses numbers of thousands of digits.
    if len(length.lstrip("0")) > 18 or int(length) > limit.size:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        media_type, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    # Django would decode the query, too, by any other charset that Python knows, such as “hex”.
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    if media_type.startswith("multipart/") and not limit.accepts_files:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def read_body(environ: dict[str, Any], receive: Callable[[], Awaitable[dict]], limit: BodyLimit) -> Body:
    """Read the body from the ASGI callable `receive`, and set CONTENT_LENGTH in `environ` to its length.

    The caller closes the body. Raises RefusedError if the body is too large or too slow, IncompleteBodyError if it is
    not as long as announced.
    """
    check_headers(environ, limit)
    announced = environ.get("CONTENT_LENGTH")
    body = Body()
    try:
        size = await _copy(receive, body, limit)
        if announced is not None and size != int(announced):
            raise IncompleteBodyError
    except BaseException:
        body.close()
        raise
    body.seek(0)
    environ["CONTENT_LENGTH"] = str(size)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


async def _copy(receive: Callable[[], Awaitable[dict]], body: Body, limit: BodyLimit) -> int:
    """Append all chunks to `body`, and return the number of bytes."""
    started_at, size = time.monotonic(), 0
    while True:
        remaining = started_at + ARRIVAL_TIMEOUT + size / MIN_BYTES_PER_SECOND - time.monotonic()
        try:
            message = await asyncio.wait_for(_receive(receive), max(remaining, 0))
        except TimeoutError:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT) from None
        if message["type"] != "http.request":
            raise IncompleteBodyError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit.size:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body.append(chunk)
        if not message.get("more_body"):
            return size


async def _receive(receive: Callable[[], Awaitable[dict]]) -> dict:
    # granian returns an awaitable that is not a coroutine, which asyncio.wait_for does not accept.
    return await receive()
