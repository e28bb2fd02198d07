"""The ASGI application: cached pages are sent from the event loop, everything else comes from Django in threads."""

import asyncio
import io
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import StreamingHttpResponse
from django.utils import translation

from health.request_log import log_access
from pagecache.cache import PageCache
from pagecache.key import MAX_HOST_LENGTH, CacheKey, canonical_host, first_host
from pagecache.response import Response
from security.proxies import apply_forwarded
from server.body import METHODS_WITHOUT_BODY, Body, BodyLimit, IncompleteBodyError, RefusedError, read_body
from server.environ import wsgi_environ
from server.pool import Pool

log = logging.getLogger(__name__)

# Key in the WSGI environment: the status of the error page that server.middleware sends.
REFUSED_STATUS = "server.refused_status"
# Maximum error pages in memory. Clients can invent hosts and ports, so there may be more.
MAX_ERROR_PAGES = 500
# Streamed responses up to this size are read completely before they are sent, so that their thread is free earlier.
MAX_BUFFERED_BYTES = 8_000_000
# Maximum number of longer responses that are sent at the same time. Each occupies a thread of the pool.
MAX_STREAMS = 4
# Seconds in which a client must accept one chunk of a long response, and all of it.
CHUNK_TIMEOUT = 20
STREAM_TIMEOUT = 600
# Maximum size of the address and of all headers of a request, about the limits of nginx. Those of granian, which sends
# no page, are higher.
MAX_ADDRESS_BYTES, MAX_HEADER_BYTES = 8_000, 32_000


def plain_response(status: int, text: str) -> Response:
    """Return a response that does not come from Django, with the security headers that its middleware would add."""
    body = text.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status, list(headers.items()), body)


HEALTHY = plain_response(200, "ok\n")
# For errors in the error page itself.
LAST_RESORT = plain_response(500, "Something went wrong.\n")


def call_wsgi(application: Callable, environ: dict[str, Any]) -> tuple[Response, StreamingHttpResponse | None]:
    """Call Django's WSGI application.

    Return the response. If it is long and streamed, its body is empty, and the second item yields the chunks.
    """
    status, headers = 0, []

    def start_response(status_line: str, response_headers: list[tuple[str, str]], exc_info=None):
        nonlocal status, headers
        status, headers = int(status_line.split()[0]), response_headers

    result = application(environ, start_response)
    response = Response(status, headers, b"")
    if getattr(result, "streaming", False) and is_long(response):
        return response, result
    try:
        return response._replace(body=b"".join(result)), None
    finally:
        result.close()


def is_long(response: Response) -> bool:
    """Whether a streamed response is longer than MAX_BUFFERED_BYTES or has no Content-Length."""
    length = response.header("content-length")
    return not length or int(length) > MAX_BUFFERED_BYTES


def render(site: Callable, environ: dict[str, Any]) -> Response:
    """Return the whole response of a WSGI application, for the page cache."""
    response, chunks = call_wsgi(site, environ)
    if chunks is not None:
        response = response._replace(body=b"".join(chunks))
        chunks.close()
    return response


def warm_up(site: Callable):
    """Render the home page once: with its first request, Django loads the URLs, templates and translations."""
    try:
        call_wsgi(site, CacheKey("https", first_host(), f"/{settings.LANGUAGE_CODE}/", "", "").environ({}))
    except Exception:
        log.exception("The home page could not be rendered before the first request")
    finally:
        connections.close_all()


class StreamAbortedError(Exception):
    """A long response was not sent to its end: the client was too slow or closed the connection."""


class Application:
    """ASGI application that answers from the page cache, if there is one, or from the WSGI application `site`.

    `body_limit` returns the BodyLimit for a WSGI environment. It runs in a thread, as it may query the database.
    """

    def __init__(self, site: Callable, cache: PageCache | None, body_limit: Callable[[dict[str, Any]], BodyLimit]):
        self.site, self.cache, self.body_limit = site, cache, body_limit
        self.pool = Pool()
        # A thread of its own, because all threads of the pool may be busy.
        self.error_thread = ThreadPoolExecutor(1, thread_name_prefix="error-page")
        self.error_pages: dict[tuple[HTTPStatus, CacheKey], Response] = {}
        self.streams = BoundedSemaphore(MAX_STREAMS)

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable):
        environ = wsgi_environ(scope)
        apply_forwarded(environ)
        started_at = time.perf_counter()
        response: Response | None
        try:
            check_head(scope)
            key = self.cache.key(environ) if self.cache else None
            if (response := self.immediate_response(environ, key)) is None:
                response = await self.respond(environ, key, receive, send)
            elif settings.ACCESS_LOG:
                milliseconds = round((time.perf_counter() - started_at) * 1000, 1)
                log_access(environ["REQUEST_METHOD"], environ["PATH_INFO"], response.status, milliseconds)
        except IncompleteBodyError:
            # The client may have closed only the sending side, and still read.
            response = await self.error_page(environ, HTTPStatus.BAD_REQUEST)
        except RefusedError as refusal:
            response = await self.error_page(environ, refusal.status)
        except StreamAbortedError as error:
            log.info("The response to %s was not sent to its end: %s", environ["PATH_INFO"], error)
            return
        except Exception:
            # Django handles its own exceptions. The error response of granian would lack the security headers.
            log.exception("A request could not be answered")
            response = await self.error_page(environ, HTTPStatus.INTERNAL_SERVER_ERROR)
        if response is not None:
            await send_response(response, environ, send)

    def immediate_response(self, environ: dict[str, Any], key: CacheKey | None) -> Response | None:
        """Return the response that needs no thread, or None."""
        if environ["PATH_INFO"] == "/healthz" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return HEALTHY
        return self.cache.current_response(key, environ) if self.cache and key else None

    async def respond(
        self, environ: dict[str, Any], key: CacheKey | None, receive: Callable, send: Callable
    ) -> Response | None:
        """Return the response, or None if it was streamed."""
        response = await self.cache.respond(key, environ, self.pool.run) if self.cache and key else None
        if response is None:
            with await self.read_body(environ, receive) as body:
                environ["wsgi.input"] = body
                response = await self.pool.run(self.call_site, environ, send, asyncio.get_running_loop())
        if response is not None and response.status >= 500 and self.cache and key:
            return await self.cache.fallback(key, environ) or response
        return response

    async def read_body(self, environ: dict[str, Any], receive: Callable) -> io.BytesIO | Body:
        if environ["REQUEST_METHOD"] in METHODS_WITHOUT_BODY:
            environ["CONTENT_LENGTH"] = "0"
            # Describes a body (RFC 9110, section 8.3). Django would decode the query by its charset.
            environ.pop("CONTENT_TYPE", None)
            return io.BytesIO()
        return await read_body(environ, receive, await self.pool.run(self.body_limit, environ))

    def call_site(self, environ: dict[str, Any], send: Callable, loop: asyncio.AbstractEventLoop) -> Response | None:
        """Return Django's response, or None if it was streamed from this thread."""
        response, chunks = call_wsgi(self.site, environ)
        if chunks is None:
            return response
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                return response
            if not self.streams.acquire(blocking=False):
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
            try:
                self.stream(response, chunks, send, loop)
            finally:
                self.streams.release()
        finally:
            chunks.close()
        return None

    @staticmethod
    def stream(response: Response, chunks: Iterable[bytes], send: Callable, loop: asyncio.AbstractEventLoop):
        """Send a long response from a thread. Raises StreamAbortedError if the client does not accept it in time."""
        ends_at = time.monotonic() + STREAM_TIMEOUT

        def send_from_thread(message: dict):
            sending = asyncio.run_coroutine_threadsafe(_send(send, message), loop)
            try:
                sending.result(min(CHUNK_TIMEOUT, ends_at - time.monotonic()))
            except Exception as error:
                sending.cancel()
                raise StreamAbortedError(type(error).__name__) from error

        send_from_thread(start_message(response))
        for chunk in chunks:
            send_from_thread({"type": "http.response.body", "body": chunk, "more_body": True})
        send_from_thread({"type": "http.response.body", "body": b"", "more_body": False})

    async def error_page(self, environ: dict[str, Any], status: HTTPStatus) -> Response:
        """Return the error page for `status` in the language of the URL. It depends on no other part of the request."""
        language = translation.get_language_from_path(environ["PATH_INFO"]) or ""
        scheme, host = environ["wsgi.url_scheme"], canonical_host(environ.get("HTTP_HOST", "")[:MAX_HOST_LENGTH])
        if host is None:
            return plain_response(400, "This host is not served here.\n")
        key = CacheKey(scheme, host, f"/{language}/" if language else "/", "", "")
        if (status, key) not in self.error_pages:
            loop = asyncio.get_running_loop()
            page_environ = key.environ({REFUSED_STATUS: status.value})
            try:
                page, _chunks = await loop.run_in_executor(self.error_thread, call_wsgi, self.site, page_environ)
            except Exception:
                log.exception("An error page could not be rendered")
                return LAST_RESORT
            if page.status != status:
                # For example a redirect to HTTPS.
                return page
            if len(self.error_pages) >= MAX_ERROR_PAGES:
                self.error_pages.clear()
            headers = [(name, value) for name, value in page.headers if name.lower() != "x-request-id"]
            self.error_pages[status, key] = page._replace(headers=headers)
        return self.error_pages[status, key]


def check_head(scope: dict[str, Any]) -> None:
    """Raise RefusedError if the address or the headers of a request are too long."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_URI_TOO_LONG)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def start_message(response: Response) -> dict[str, Any]:
    # Django writes a space before the value of a cookie.
    headers = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in response.headers]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


async def send_response(response: Response, environ: dict[str, Any], send: Callable):
    headers, body = response.headers, response.body
    if response.status not in (204, 304) and not response.header("content-length"):
        headers = [*headers, ("Content-Length", str(len(body)))]
    await send(start_message(response._replace(headers=headers)))
    await send({"type": "http.response.body", "body": b"" if environ["REQUEST_METHOD"] == "HEAD" else body})


async def _send(send: Callable, message: dict):
    # granian returns an awaitable that is not a coroutine.
    await send(message)
