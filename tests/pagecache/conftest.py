"""The ASGI application with a page cache before the real site, asked as granian asks it."""

import asyncio
import gzip
import io
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import quote
from wsgiref.headers import Headers

import brotli
import pytest
import zstandard
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from consent.variants import VaryRule
from pagecache.cache import PageCache
from pagecache.models import ContentVersion
from server.asgi import Application, WSGIRenderer
from server.limits import body_limit

DECODERS = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@dataclass
class Answer:
    code: int
    headers: Headers
    sent: bytes

    @property
    def text(self) -> str:
        return DECODERS.get(self.headers["Content-Encoding"], bytes)(self.sent).decode()


class Body(list):
    """A WSGI answer that a test made up."""

    def close(self):
        pass


@dataclass
class CountingSite:
    """The site, with a list of the paths that it was asked for."""

    site: Callable = field(default_factory=WSGIHandler)
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        result = self.site(environ, start_response)
        return Body(result) if isinstance(result, list) else result


def call_outside_of_the_loop(function, *arguments):
    """Call a function as if no event loop ran in this thread, so that Django gives it the connection of the test."""
    loop = asyncio.events._get_running_loop()
    asyncio.events._set_running_loop(None)
    try:
        return function(*arguments)
    finally:
        asyncio.events._set_running_loop(loop)


class AtOnce:
    """Stands in for threads: a test's transaction is seen by its own thread alone."""

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(call_outside_of_the_loop(function, *arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class PoolAtOnce:
    async def run(self, function, *arguments):
        return call_outside_of_the_loop(function, *arguments)


def scope_of(path: str, query: str, method: str, host: str, headers: dict[str, str]) -> dict:
    """The ASGI scope of a request; a path is percent-encoded where it must be."""
    named = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": quote(path, safe="/%;=:@!$&'()*+,").encode(),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        "server": ("127.0.0.1", "8000"),
        "client": ("192.0.2.1", "40000"),
    }


async def ask_asgi(application: Application, scope: dict, body: bytes = b"") -> Answer:
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await application(scope, receive, send)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return Answer(sent[0]["status"], Headers(headers), b"".join(message["body"] for message in sent[1:]))


def ask(application, path="/en/", query="", method="GET", host="localhost", **headers) -> Answer:
    """Send a request to the ASGI application, or to the site behind it; headers are given as accept_encoding="br"."""
    if isinstance(application, Application):
        return asyncio.run(ask_asgi(application, scope_of(path, query, method, host, headers)))
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
    heard = []
    body = b"".join(application(environ, lambda status, headers, error=None: heard.extend((status, headers))))
    return Answer(int(heard[0].split()[0]), Headers(list(heard[1])), body)


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
def site(db, hosts):
    # As Django's test client does: the end of a request would close the connection that holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield CountingSite()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def make_application(site, tmp_path):
    """A function that starts the application over the cache folder of the one before."""

    def make(limit: int = 8_000_000) -> Application:
        cache = PageCache(WSGIRenderer(site), VaryRule, tmp_path / "pages", limit)
        cache.renewers = cache.disk_threads = AtOnce()
        application = Application(site, cache, body_limit)
        application.pool, application.error_thread = PoolAtOnce(), AtOnce()
        return application

    return make


@pytest.fixture
def application(make_application):
    """The application, whose page cache knows the content as it is now."""
    application = make_application()
    application.cache.set_content_version(ContentVersion.objects.current())
    return application


@pytest.fixture
def optional_purposes():
    from consent.models import NoticeVersion

    return NoticeVersion.objects.current().optional_purposes


@pytest.fixture
def consent_cookie():
    """A function that returns the Cookie header of a visitor who allowed the given purposes."""
    from consent.models import NoticeVersion

    def cookie(*granted: str, notice: int | None = None, receipt: str = "AAAA-BBBB-CCCC-DDDD") -> str:
        version = NoticeVersion.objects.current()
        answers = "|".join(f"{key}={'now' if key in granted else '-1'}" for key in version.optional_purposes)
        choice = f'{django_settings.COOKIE_CONSENT_NAME}="{answers}|notice={notice or version.number}"'
        return f"{choice}; cookie_consent_receipt={receipt}"

    return cookie
