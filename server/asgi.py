"""The ASGI application that granian serves: page cache in the event loop, Django in threads."""

import asyncio
import io
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connections
from django.utils import translation

from health.request_log import log_access
from pagecache.cache import PageCache
from pagecache.key import LONGEST_HOST, CacheKey, canonical_host
from pagecache.response import Response
from security.proxies import apply_forwarded
from server.body import WITHOUT_BODY, BodyLimit, CutOffError, RefusedError, read_body
from server.environ import environ_of
from server.pool import Pool

log = logging.getLogger(__name__)

# The key of the environment by which server.middleware answers with an error page.
REFUSED = "server.refused"
# Error pages that are kept; hosts and ports can be made up.
MOST_ERROR_PAGES = 500
# Bytes up to which an answer is read whole before it is sent, so that its thread is free for others.
LONGEST_WHOLE = 8_000_000
# Long answers that are sent at a time, each from a thread of the pool, and the seconds in which a client must take a
# piece of one, and all of it.
MOST_STREAMS = 4
SECONDS_TO_TAKE_A_PIECE = 20
SECONDS_TO_TAKE_ALL = 600


def plain_response(status: int, text: str) -> Response:
    """A response that Django has no part in, with the headers that its middleware adds to others."""
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
# Sent where even the error page fails.
BROKEN = plain_response(500, "Something went wrong.\n")


def call_wsgi(application, environ: dict) -> tuple[Response, object]:
    """Call a WSGI application: the response, without its body where it is streamed, and then what yields the body."""
    started = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info=None):
        started[:] = [int(status.split()[0]), headers]

    result = application(environ, start_response)
    if getattr(result, "streaming", False) and is_long(Response(*started, b"")):
        return Response(*started, b""), result
    try:
        return Response(*started, b"".join(result)), None
    finally:
        result.close()


def is_long(response: Response) -> bool:
    """Whether a streamed response is long, or does not say how long it is."""
    length = response.header("content-length")
    return not length or int(length) > LONGEST_WHOLE


def warm_up(site):
    """Render a page that nobody asked for: Django loads addresses, templates and catalogues with the first one."""
    host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    try:
        call_wsgi(site, CacheKey("https", host, f"/{settings.LANGUAGE_CODE}/", "", "").environ({}))
    except Exception:
        log.exception("No page could be rendered at the start")
    finally:
        connections.close_all()


class WSGIRenderer:
    """Renders pages for the page cache: the whole response of a WSGI application to a WSGI environment."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ: dict) -> Response:
        response, streamed = call_wsgi(self.application, environ)
        if streamed is not None:
            response = response._replace(body=b"".join(streamed))
            streamed.close()
        return response


class StreamBrokenError(Exception):
    """A long answer ended before its end: the client took too long, or went away."""


class Application:
    """Answers requests from the page cache, if there is one, or from the WSGI application `site`.

    `body_limit` tells the BodyLimit of a WSGI environment, and may ask the database.
    """

    def __init__(self, site, cache: PageCache | None, body_limit: Callable[[dict], BodyLimit]):
        self.site, self.cache, self.body_limit = site, cache, body_limit
        self.pool: Pool | None = None
        # Error pages are rendered apart, as all other threads may be busy.
        self.error_thread = ThreadPoolExecutor(1, thread_name_prefix="error-page")
        self.error_pages: dict[tuple, Response] = {}
        self.streams = BoundedSemaphore(MOST_STREAMS)

    async def __call__(self, scope: dict, receive: Callable, send: Callable):
        environ = environ_of(scope)
        apply_forwarded(environ)
        began = time.perf_counter()
        try:
            key = self.cache and self.cache.key(environ)
            if (response := self.response_at_once(environ, key)) is None:
                response = await self.respond(environ, key, receive, send)
            elif settings.ACCESS_LOG:
                milliseconds = round((time.perf_counter() - began) * 1000, 1)
                log_access(environ["REQUEST_METHOD"], environ["PATH_INFO"], response.status, milliseconds)
        except CutOffError:
            # Never acted on. Its sender may still read, if only the sending side was closed.
            response = await self.error_page(environ, HTTPStatus.BAD_REQUEST)
        except RefusedError as refusal:
            response = await self.error_page(environ, refusal.status)
        except StreamBrokenError as error:
            log.info("%s was not taken to its end: %s", environ["PATH_INFO"], error)
            return
        except Exception:
            # Django answers its own exceptions; granian's answer would have none of our headers.
            log.exception("A request could not be answered")
            response = await self.error_page(environ, HTTPStatus.INTERNAL_SERVER_ERROR)
        if response is not None:
            await send_whole(response, environ, send)

    def response_at_once(self, environ: dict, key: CacheKey | None) -> Response | None:
        """The response that can be sent at once from the event loop, or None."""
        if environ["PATH_INFO"] == "/healthz" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return HEALTHY
        return self.cache.current_response(key, environ) if key else None

    async def respond(self, environ: dict, key: CacheKey | None, receive: Callable, send: Callable) -> Response | None:
        """The response, or None where it was streamed."""
        if self.pool is None:
            # Its semaphore belongs to the event loop.
            self.pool = Pool()
        if key and (response := await self.cache.respond(key, environ, self.pool.run)) is not None:
            return response
        with await self.read_body(environ, receive) as body:
            environ["wsgi.input"] = body
            return await self.pool.run(self.call_site, environ, send, asyncio.get_running_loop())

    async def read_body(self, environ: dict, receive: Callable):
        if environ["REQUEST_METHOD"] in WITHOUT_BODY:
            environ["CONTENT_LENGTH"] = "0"
            return io.BytesIO()
        return await read_body(environ, receive, await self.pool.run(self.body_limit, environ))

    def call_site(self, environ: dict, send: Callable, loop: asyncio.AbstractEventLoop) -> Response | None:
        """Have Django answer, in a thread; a long answer is sent from here, piece by piece."""
        response, streamed = call_wsgi(self.site, environ)
        if streamed is None:
            return response
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                return response
            if not self.streams.acquire(blocking=False):
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
            try:
                self.stream(response, streamed, send, loop)
            finally:
                self.streams.release()
        finally:
            streamed.close()
        return None

    @staticmethod
    def stream(response: Response, pieces: Iterable[bytes], send: Callable, loop: asyncio.AbstractEventLoop):
        """Send a long answer from a thread. Raises StreamBrokenError where the client does not take it in time."""
        ends_at = time.monotonic() + SECONDS_TO_TAKE_ALL

        def send_from_thread(message: dict):
            sending = asyncio.run_coroutine_threadsafe(_send(send, message), loop)
            try:
                sending.result(min(SECONDS_TO_TAKE_A_PIECE, ends_at - time.monotonic()))
            except Exception as error:
                sending.cancel()
                raise StreamBrokenError(type(error).__name__) from error

        send_from_thread(start_message(response))
        for piece in pieces:
            send_from_thread({"type": "http.response.body", "body": piece, "more_body": True})
        send_from_thread({"type": "http.response.body", "body": b"", "more_body": False})

    async def error_page(self, environ: dict, status: HTTPStatus) -> Response:
        """The error page of `status` in the language of the address; nothing else of the request gets into it."""
        language = translation.get_language_from_path(environ["PATH_INFO"]) or ""
        scheme, host = environ["wsgi.url_scheme"], canonical_host(environ.get("HTTP_HOST", "")[:LONGEST_HOST])
        if host is None:
            return plain_response(400, "This host is not served here.\n")
        key = CacheKey(scheme, host, f"/{language}/" if language else "/", "", "")
        if (status, key) not in self.error_pages:
            loop = asyncio.get_running_loop()
            asked = key.environ({REFUSED: status.value})
            try:
                page, _ = await loop.run_in_executor(self.error_thread, call_wsgi, self.site, asked)
            except Exception:
                log.exception("An error page could not be rendered")
                return BROKEN
            if page.status != status:
                # A redirect to HTTPS, for one.
                return page
            if len(self.error_pages) >= MOST_ERROR_PAGES:
                self.error_pages.clear()
            headers = [(name, value) for name, value in page.headers if name.lower() != "x-request-id"]
            self.error_pages[status, key] = page._replace(headers=headers)
        return self.error_pages[status, key]


def start_message(response: Response) -> dict:
    # Django writes a space before the value of a cookie.
    headers = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in response.headers]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


async def send_whole(response: Response, environ: dict, send: Callable):
    headers, body = response.headers, response.body
    if response.status not in (204, 304) and not response.header("content-length"):
        headers = [*headers, ("Content-Length", str(len(body)))]
    await send(start_message(response._replace(headers=headers)))
    await send({"type": "http.response.body", "body": b"" if environ["REQUEST_METHOD"] == "HEAD" else body})


async def _send(send: Callable, message: dict):
    await send(message)
