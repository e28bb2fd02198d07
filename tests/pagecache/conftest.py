"""Fixtures: the ASGI application with a page cache and the real site, called as granian calls it."""

import asyncio
import gzip
import io
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote
from wsgiref.headers import Headers

import brotli
import pytest
import zstandard
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from consent.variants import VaryRule
from pagecache.cache import PageCache
from pagecache.models import ContentVersion
from server.asgi import Application, render
from server.limits import body_limit
from tests.consent.visitors import press
from tests.serving import PATIENCE

DECODERS = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@dataclass
class Reply:
    code: int
    headers: Headers
    sent: bytes

    @property
    def text(self) -> str:
        return DECODERS.get(self.headers["Content-Encoding"], bytes)(self.sent).decode()


class Body(list):
    """The iterable that a WSGI application of a test returns."""

    def close(self):
        pass


@dataclass
class CountingSite:
    """The site, with a list of the paths that it was called for."""

    site: Callable = field(default_factory=WSGIHandler)
    calls: list[str] = field(default_factory=list)

    def __call__(self, environ, start_response):
        self.calls.append(environ["PATH_INFO"])
        result = self.site(environ, start_response)
        return Body(result) if isinstance(result, list) else result


def call_without_loop(function, *arguments):
    """Call a function as if no event loop was running, so that Django gives it the database connection of the test."""
    loop = asyncio.events._get_running_loop()
    asyncio.events._set_running_loop(None)
    try:
        return function(*arguments)
    finally:
        asyncio.events._set_running_loop(loop)


class SynchronousExecutor:
    """Executor that calls functions in the same thread, because only that one sees the transaction of a test."""

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(call_without_loop(function, *arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class SynchronousPool:
    async def run(self, function, *arguments):
        return call_without_loop(function, *arguments)


def asgi_scope(path: str, query: str, method: str, host: str, headers: dict[str, str]) -> dict:
    """Return the ASGI scope of a request. The path is percent-encoded if necessary."""
    all_headers = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": quote(path, safe="/%;=:@!$&'()*+,").encode(),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in all_headers.items()],
        "server": ("127.0.0.1", "8000"),
        "client": ("192.0.2.1", "40000"),
    }


async def ask_asgi(application: Application, scope: dict, body: bytes = b"") -> Reply:
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await application(scope, receive, send)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return Reply(sent[0]["status"], Headers(headers), b"".join(message["body"] for message in sent[1:]))


def ask(application, path="/en/", query="", method="GET", host="localhost", **headers) -> Reply:
    """Send a request to the ASGI application, or directly to the site. Headers are given as accept_encoding="br"."""
    if isinstance(application, Application):
        return asyncio.run(ask_asgi(application, asgi_scope(path, query, method, host, headers)))
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    } | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    started = []
    body = b"".join(application(environ, lambda status, headers, error=None: started.extend((status, headers))))
    return Reply(int(started[0].split()[0]), Headers(list(started[1])), body)


@pytest.fixture
def hosts(settings):
    from pagecache import key

    settings.ALLOWED_HOSTS = ["localhost", "unic.example", ".wild.example"]
    key.canonical_host.cache_clear()
    key.known_hosts.cache_clear()
    yield
    key.canonical_host.cache_clear()
    key.known_hosts.cache_clear()


@pytest.fixture
def site(db, hosts, monkeypatch):
    # A busy machine can take longer than the limit for visitors.
    monkeypatch.setattr("pagecache.cache.RENDER_TIMEOUT", PATIENCE)
    # As in Django's test client, so that the end of a request does not close the connection of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield CountingSite()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def make_application(site, tmp_path):
    """A function that creates an application. All use the same cache folder."""

    def make(limit: int = 8_000_000) -> Application:
        cache = PageCache(partial(render, site), VaryRule, tmp_path / "pages", limit)
        cache.rerender_threads = cache.disk_threads = SynchronousExecutor()
        application = Application(site, cache, body_limit)
        application.pool, application.error_thread = SynchronousPool(), SynchronousExecutor()
        return application

    return make


@pytest.fixture
def application(make_application):
    """The application, whose page cache has the current content version."""
    application = make_application()
    application.cache.set_content_version(ContentVersion.objects.current())
    return application


@pytest.fixture
def consent_cookie():
    """A function that returns the Cookie header of a visitor who says that they allowed the given providers."""
    from consent.models import NoticeVersion

    def cookie(*granted: str, notice: int | None = None, receipt: str = "AAAA-BBBB-CCCC-DDDD") -> str:
        version = NoticeVersion.objects.current()
        answers = "|".join(f"{key}={'now' if key in granted else '-1'}" for key in version.optional_providers)
        choice = f'{django_settings.COOKIE_CONSENT_NAME}="{answers}|notice={notice or version.number}"'
        return f"{choice}; cookie_consent_receipt={receipt}"

    return cookie


@pytest.fixture
def accept():
    """A function that records that a new visitor accepts everything, and returns their Cookie header."""

    def cookie() -> str:
        browser = Client(headers={"host": "localhost"})
        assert press(browser, "accept").status_code == 303
        return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in browser.cookies.items())

    return cookie
