"""A page store before the real site, asked as a server asks it."""

import gzip
import io
from dataclasses import dataclass, field
from wsgiref.headers import Headers

import brotli
import pytest
import zstandard
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from consent.variants import Rule
from delivery.models import Generation
from delivery.store.front import PageStore

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


@dataclass
class Counting:
    """The site, with a list of the paths that it was asked for."""

    site: WSGIHandler = field(default_factory=WSGIHandler)
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        return self.site(environ, start_response)


class AtOnce:
    """Stands in for the threads of the store: a test's transaction is seen by its own thread alone."""

    def submit(self, function, *arguments):
        function(*arguments)


def ask(application, path="/en/", query="", method="GET", host="localhost", **headers) -> Answer:
    """Send a request as a WSGI server does; headers are given as accept_encoding="br"."""
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
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    } | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    heard = []
    body = b"".join(application(environ, lambda status, headers, error=None: heard.extend((status, headers))))
    return Answer(int(heard[0].split()[0]), Headers(list(heard[1])), body)


@pytest.fixture
def hosts(settings):
    from delivery.store import question

    settings.ALLOWED_HOSTS = ["localhost", "unic.example", ".wild.example"]
    question.proper_host.cache_clear()
    question.known_hosts.cache_clear()
    yield
    question.proper_host.cache_clear()
    question.known_hosts.cache_clear()


@pytest.fixture
def site(db, hosts):
    # As Django's test client does: the end of a request would close the connection that holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Counting()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def make_store(site, tmp_path):
    """A function that starts a store over the folder of the one before; it knows the content as it is now."""

    def make(limit: int = 8_000_000) -> PageStore:
        store = PageStore(site, Rule, tmp_path / "pages", limit)
        store.makers = store.writers = AtOnce()
        return store

    return make


@pytest.fixture
def store(make_store):
    store = make_store()
    store.confirm(Generation.objects.current())
    return store


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
