"""Unit tests of the page cache, with a simulated site and consent rule, and without a database."""

import asyncio
import gc
from pathlib import Path

import pytest
from django.conf import settings

from pagecache import cache as cache_module
from pagecache.cache import PageCache
from pagecache.response import Response

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("hosts")]
HTML = ("Content-Type", "text/html")
STATIC_PATH = f"{settings.STATIC_URL}css/base.0123456789ab.css"


class Rule:
    """A simulated consent rule.

    The cookie is the variant. The variant "media" allows third parties. The site did not write the cookie "unknown".
    """

    former: set[str] = set()

    @classmethod
    def in_force(cls) -> "Rule":
        return cls()

    @classmethod
    def from_json(cls, state: dict) -> "Rule":
        return cls()

    def as_json(self) -> dict:
        return {}

    def variant(self, environ: dict) -> str:
        return environ.get("HTTP_COOKIE", "asked")

    def has_known_cookie(self, environ: dict) -> bool:
        return environ.get("HTTP_COOKIE") != "unknown"

    def request_headers(self, variant: str) -> dict[str, str] | None:
        return None if variant in self.former else {"HTTP_COOKIE": variant}

    def fallbacks(self, variant: str) -> list[str]:
        return ["answered", "asked"] if variant == "media" else [variant]


class Site:
    """A simulated site. It returns `answer`, and stores the environment of each request."""

    def __init__(self):
        self.answer, self.environs = Response(200, [HTML], b"one"), []

    def __call__(self, environ: dict) -> Response:
        self.environs.append(environ)
        return self.answer


def request(path: str = "/en/", query: str = "", host: str = "localhost", **environ) -> dict:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "SERVER_PORT": "8000",
        "wsgi.url_scheme": "http",
    } | environ


async def run(function, *arguments):
    return function(*arguments)


def ask(cache: PageCache, environ: dict | None = None) -> Response | None:
    environ = environ or request()
    key = cache.key(environ)
    return cache.current_response(key, environ) or asyncio.run(cache.respond(key, environ, run))


def written(cache: PageCache) -> PageCache:
    """Wait until the cache has written everything to its folder, and return it."""
    cache.disk_threads.submit(lambda: None).result()
    return cache


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def make_cache(site, tmp_path):
    """A function that makes a page cache for a process. All of them share one folder by default."""
    made = []

    def make(version: str = "first", folder: Path = tmp_path / "pages") -> PageCache:
        made.append(cache := PageCache(site, Rule, folder, 8_000_000))
        if version:
            cache.set_content_version(version)
        return cache

    yield make
    for cache in made:
        cache.disk_threads.shutdown()


@pytest.fixture
def cache(make_cache):
    return make_cache()


def test_no_request_has_a_key_before_the_rule_is_known(make_cache):
    cache = make_cache(version="")
    assert cache.key(request()) is None
    cache.set_content_version("first")
    assert cache.key(request()).path == "/en/"


def test_a_page_is_rendered_once_with_the_headers_of_its_variant(cache, site):
    assert cache.current_response(cache.key(request()), request()) is None
    environ = request(HTTP_COOKIE="answered", HTTP_USER_AGENT="a")
    assert ask(cache, environ).body == ask(cache, environ).body == b"one"
    assert [environ["HTTP_COOKIE"] for environ in site.environs] == ["answered"]
    assert "HTTP_USER_AGENT" not in site.environs[0]


def test_a_page_is_rendered_again_after_a_change_of_content(cache, site):
    ask(cache)
    site.answer = Response(200, [HTML], b"two")
    assert ask(cache).body == b"one"
    cache.set_content_version("second")
    assert (ask(cache).body, len(site.environs)) == (b"two", 2)
    assert ask(cache).header("age") == ""


def test_a_static_file_stays_current_after_a_change_and_is_requested_without_a_variant(cache, site):
    ask(cache, request(STATIC_PATH))
    cache.set_content_version("second")
    answer = ask(cache, request(STATIC_PATH))
    assert (answer.body, answer.header("vary")) == (b"one", "Accept-Encoding")
    assert ["HTTP_COOKIE" in environ for environ in site.environs] == [False]


def test_the_rule_is_read_once_for_each_content_version(make_cache, monkeypatch):
    read = []
    monkeypatch.setattr(Rule, "in_force", classmethod(lambda cls: read.append(cls) or cls()))
    cache = make_cache(version="first")
    for version in ("first", "second", "second", "first"):
        cache.set_content_version(version)
    assert len(read) == 3


def test_the_vary_header_of_a_page_names_the_headers_that_it_depends_on(cache):
    assert ask(cache).header("vary") == "Accept-Encoding, Cookie, Sec-GPC, DNT"


# The cache of nginx


@pytest.mark.parametrize(
    ("environ", "shared"),
    [
        (request(), True),
        (request(HTTP_COOKIE="answered"), True),
        (request(HTTP_COOKIE="media"), True),
        (request(HTTP_COOKIE="unknown"), False),
        (request("/en/partners/", "page=2"), False),
        (request(query="utm_source=a"), False),
    ],
)
def test_nginx_may_cache_a_page_without_third_parties_query_or_unknown_cookie(cache, monkeypatch, environ, shared):
    monkeypatch.setattr(cache_module.time, "time", lambda: 1000.9)
    for _ in range(2):
        first_name, first_value = ask(cache, environ).headers[0]
        assert ((first_name, first_value) == ("X-Accel-Expires", "@1000")) is shared


@pytest.mark.parametrize("status", [301, 404, 410])
def test_nginx_may_cache_the_response_that_replaces_a_removed_page(cache, site, status):
    ask(cache)
    site.answer = Response(status, [HTML], b"")
    cache.set_content_version("second")
    for _ in range(2):
        answer = ask(cache)
        assert (answer.status, bool(answer.header("x-accel-expires"))) == (status, True)
    other = ask(cache, request("/pl/"))
    assert (other.status, other.header("x-accel-expires")) == (status, "")
    assert cache.get(cache.key(request())) is None


def test_django_answers_a_request_whose_response_cannot_be_shared(cache, site):
    site.answer = Response(200, [HTML, ("Set-Cookie", "a=b")], b"")
    assert ask(cache) is None
    site.answer = Response(404, [HTML], b"")
    assert ask(cache, request(query="utm_source=a")) is None, "its page may show the query"
    assert ask(cache).status == 404


def test_a_page_for_an_earlier_notice_is_discarded_and_django_answers(cache, site, monkeypatch):
    environ = request(HTTP_COOKIE="answered")
    ask(cache, environ)
    cache.set_content_version("second")
    monkeypatch.setattr(Rule, "former", {"answered"})
    ask(cache, environ)
    assert cache.get(cache.key(environ)) is None
    assert ask(cache, environ) is None
    assert len(site.environs) == 1


# Personal pages

PERSONAL = Response(200, [HTML, ("Cache-Control", "private, no-store")], b"placeholder")
MEDIA = request(HTTP_COOKIE="media")


def test_a_personal_page_is_never_kept_and_each_request_is_left_to_django(cache, site):
    site.answer = PERSONAL
    for _ in range(3):
        assert ask(cache, MEDIA) is None
    assert len(site.environs) == 1, "it is tried once for each content version"
    assert cache.get(cache.key(MEDIA)) is None and not written(cache).disk.pages()
    site.answer = Response(200, [HTML], b"one")
    cache.set_content_version("second")
    assert ask(cache, MEDIA).body == b"one"


def test_requests_that_wait_together_for_a_personal_page_are_all_left_to_django(cache, site):
    site.answer = PERSONAL

    async def ask_twice():
        key = cache.key(MEDIA)
        return await asyncio.gather(cache.respond(key, MEDIA, run), cache.respond(key, MEDIA, run))

    assert asyncio.run(ask_twice()) == [None, None]


def test_a_page_that_became_personal_is_forgotten(cache, site):
    ask(cache, MEDIA)
    site.answer = PERSONAL
    cache.set_content_version("second")
    assert ask(cache, MEDIA) is None
    assert cache.get(cache.key(MEDIA)) is None and not written(cache).disk.pages()


def test_the_number_of_remembered_personal_pages_is_bounded(cache, site, monkeypatch):
    monkeypatch.setattr(cache_module, "MAX_PERSONAL_KEYS", 3)
    site.answer = PERSONAL
    for number in range(8):
        ask(cache, request("/en/partners/", f"page={number}", HTTP_COOKIE="media"))
    assert len(cache.personal_keys) <= 3


@pytest.mark.parametrize("fallback", ["answered", "asked"])
@pytest.mark.parametrize("is_tried_before", [True, False])
def test_without_the_database_a_personal_page_is_replaced_by_one_of_the_fallback_variants(
    cache, site, is_tried_before, fallback
):
    ask(cache, request(HTTP_COOKIE=fallback))
    if is_tried_before:
        site.answer = PERSONAL
        ask(cache, MEDIA)
    cache.set_database_unavailable(OSError("unavailable"))
    site.answer = Response(503, [HTML], b"")
    answer = ask(cache, MEDIA)
    assert (answer.status, answer.body, answer.header("age")) == (200, b"one", "0")
    assert answer.header("x-accel-expires") == ""


def test_the_fallback_is_found_on_disk_and_without_one_django_answers(make_cache, site):
    ask(written(make_cache()), request(HTTP_COOKIE="answered"))
    after = make_cache(version="")
    after.set_database_unavailable(OSError("unavailable"))
    assert ask(after, MEDIA).body == b"one"
    site.answer = Response(503, [HTML], b"")
    assert ask(after, request("/pl/", HTTP_COOKIE="media")).status == 503


# Errors


def test_if_rendering_fails_the_outdated_page_is_sent_and_the_next_attempt_is_delayed(cache, site):
    ask(cache)
    site.answer = Response(500, [HTML], b"")
    cache.set_content_version("second")
    for _ in range(3):
        answer = ask(cache)
        assert (answer.status, answer.body, answer.header("age")) == (200, b"one", "0")
    assert len(site.environs) == 2
    cache.get(cache.key(request())).retry_at = 0.0
    site.answer = Response(200, [HTML], b"two")
    assert ask(cache).body == b"two"


@pytest.mark.parametrize("status", [500, 503])
def test_if_rendering_fails_the_error_is_sent_for_a_page_that_was_never_rendered(cache, site, status):
    site.answer = Response(status, [HTML], b"")
    assert ask(cache).status == ask(cache).status == status
    assert len(site.environs) == 2


def test_asyncio_logs_no_failure_of_a_rendering_whose_visitor_left(cache, caplog):
    async def leave_before_the_failure():
        is_started, is_left = asyncio.Event(), asyncio.Event()

        async def fail(function, *arguments):
            is_started.set()
            await is_left.wait()
            raise InterruptedError

        visitor = asyncio.ensure_future(cache.respond(cache.key(request()), request(), fail))
        await is_started.wait()
        visitor.cancel()
        await asyncio.wait([visitor])
        is_left.set()
        while cache.renderings:
            await asyncio.sleep(0)

    asyncio.run(leave_before_the_failure())
    gc.collect()
    assert not caplog.messages


def test_a_failure_of_the_database_and_its_end_are_logged_once(cache, caplog):
    for _ in range(2):
        cache.set_database_unavailable(OSError("refused"))
    for _ in range(2):
        cache.set_content_version("first")
    assert caplog.messages == [
        "The database cannot be reached; cached pages are served: refused",
        "The database can be reached again",
    ]


# Restarts, and pages on disk


def test_pages_are_read_from_disk_and_current_if_nothing_changed(make_cache, site):
    ask(written(make_cache()))
    ask(written(make_cache()))
    after = make_cache(version="")
    page = after.get(after.key(request()))
    assert page.bodies["identity"] == b"one" and not after.is_current(page)
    after.set_content_version("first")
    assert after.is_current(page)
    assert ask(after).header("age") == ""
    after.set_content_version("second")
    assert not after.is_current(page)
    assert len(site.environs) == 1


def test_pages_of_another_build_are_not_current(make_cache, site, monkeypatch):
    before = make_cache()
    ask(before)
    written(before)
    monkeypatch.setattr(cache_module, "build_id", lambda: "another")
    after = make_cache()
    assert not after.is_current(after.get(after.key(request())))
    site.answer = Response(200, [HTML], b"two")
    assert ask(after).body == b"two"


def test_a_page_that_another_process_rendered_is_found_on_disk(make_cache, site):
    one, other = make_cache(), make_cache()
    ask(one)
    written(one)
    answer = ask(other)
    assert (answer.body, answer.header("age"), len(site.environs)) == (b"one", "", 1)


def test_a_page_that_is_no_longer_found_is_deleted_from_disk(make_cache, site):
    cache = make_cache()
    ask(cache)
    site.answer = Response(404, [HTML], b"")
    cache.set_content_version("second")
    ask(cache)
    written(cache)
    after = make_cache(version="second")
    assert after.get(after.key(request())) is None


@pytest.mark.parametrize(
    ("environ", "kept"),
    [
        (request(), True),
        (request(host="localhost:8000"), True),
        (request(host="localhost:81"), False),
        (request("/en/partners/", "page=2"), False),
        (request(STATIC_PATH), False),
    ],
)
def test_only_pages_with_canonical_keys_are_on_disk(make_cache, environ, kept):
    cache = make_cache()
    ask(cache, environ)
    written(cache)
    after = make_cache()
    assert (after.get(after.key(environ)) is not None) is kept


def test_pages_with_other_keys_than_canonical_ones_get_an_eighth_of_the_memory(cache):
    ask(cache)
    for number in range(200):
        ask(cache, request("/en/partners/", f"page={number}"))
    pages = [cache.get(cache.key(request("/en/partners/", f"page={number}"))) for number in range(200)]
    assert cache.get(cache.key(request()))
    found = [page for page in pages if page]
    assert sum(page.size for page in found) <= 1_000_000 < sum(page.size for page in found) + 2 * found[0].size
    assert pages[-1] and not pages[0]
