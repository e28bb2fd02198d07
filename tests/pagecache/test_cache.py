"""The page cache: pages are rendered once, and each request gets the page that the site would render for it."""

import asyncio
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from alliance.models import Alliance
from consent.models import Notice
from pagecache import cache as cache_module
from pagecache import disk
from pagecache.models import ContentVersion
from pages.models import Page
from security.files import UNFINISHED
from security.proxies import parse_proxies
from server.asgi import REFUSED_STATUS
from server.pool import Pool
from tests.consent.factories import make_counter, make_provider, make_video, put_in_force
from tests.pagecache.conftest import asgi_scope, ask, ask_asgi

pytestmark = pytest.mark.once

FILM = "https://frames.video.example/embed/1"
CACHED_PATHS = ["/en/", "/pl/", "/en/partners/", "/en/vision/", "/en/transformation/", "/robots.txt", "/sitemap.xml"]
CACHED_PATHS += ["/en/timeline/feed.xml", "/share/pl/manifest.webmanifest"]


def notice_change(application):
    """Pass the current content version to the page cache, as the watcher does within a second."""
    application.cache.set_content_version(ContentVersion.objects.current())


@pytest.fixture
def third_parties():
    """A third-party video in the text of a page, and a third-party script."""
    make_counter(publish=False)
    page_url = make_video().page_url
    Page.objects.filter(kind="vision").update(body_en=f'<p><a href="{page_url.replace("&", "&amp;")}">Film</a></p>')


# One rendering for all requests


@pytest.mark.parametrize("path", CACHED_PATHS)
def test_a_page_is_rendered_once(application, site, path):
    first, second = ask(application, path), ask(application, path)
    assert first.code == second.code == 200
    assert first.text == second.text
    assert site.calls == [path]


def test_a_page_is_rendered_once_even_without_a_content_version(application, site):
    ContentVersion.objects.all().delete()
    notice_change(application)
    ask(application)
    ask(application)
    assert site.calls == ["/en/"]


@pytest.mark.nightly
def test_every_page_of_the_sitemap_is_cached_in_two_languages(make_application, site):
    application = make_application(64_000_000)
    application.cache.set_content_version(ContentVersion.objects.current())
    paths = re.findall(r"<loc>http://localhost(/(?:en|pl)/[^<]*)</loc>", ask(application, "/sitemap.xml").text)
    assert len(paths) > 40
    for path in paths:
        ask(application, path)
    site.calls.clear()
    for path in paths:
        assert ask(application, path).code == 200
    assert site.calls == []


def test_a_cached_page_has_the_headers_of_the_site(application, site):
    ask(application)
    site.calls.clear()
    cached, fresh = ask(application), ask(site)
    differing = {"etag", "vary", "content-security-policy"}
    for name, value in fresh.headers.items():
        if name.lower() not in differing:
            assert cached.headers[name] == value
    policies = [sorted(answer.headers["Content-Security-Policy"].split("; ")) for answer in (cached, fresh)]
    assert policies[0] == policies[1]
    assert cached.headers["Vary"] == "Accept-Encoding, Cookie, Sec-GPC, DNT"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.2, gzip;q=0.9", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, *;q=0", None),
        ("br;q=nonsense", None),
        ("compress, ,;,=", None),
    ],
)
def test_a_request_gets_the_best_encoding_that_it_accepts(application, accepted, encoding):
    plain = ask(application)
    answer = ask(application, accept_encoding=accepted)
    assert answer.code == 200
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Content-Length"] == str(len(answer.sent))
    assert answer.text == plain.text


def test_etags_differ_by_encoding_and_a_request_with_one_gets_304(application):
    etags = set()
    for accepted in ("", "gzip", "br", "zstd"):
        etag = ask(application, accept_encoding=accepted).headers["ETag"]
        etags.add(etag)
        for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = ask(application, accept_encoding=accepted, if_none_match=condition)
            assert (answer.code, answer.sent) == (304, b""), condition
            assert answer.headers["ETag"] == etag
            assert answer.headers["Content-Security-Policy"] and not answer.headers["Content-Length"]
        assert ask(application, accept_encoding=accepted, if_none_match='"other"').code == 200
    assert len(etags) == 4


def test_the_response_to_head_has_the_headers_of_get_and_no_body(application, site):
    head, get = ask(application, method="HEAD"), ask(application)
    assert head.sent == b""
    assert head.headers.items() == get.headers.items()
    assert site.calls == ["/en/"]


def test_a_static_file_is_served_from_memory_even_after_a_change_of_content(application, site, settings):
    style = "body { color: black }" * 20
    site.site = lambda environ, start_response: (
        start_response("200 OK", [("Content-Type", "text/css"), ("Cache-Control", "max-age=315360000, immutable")])
        or [style.encode()]
    )
    path = f"{settings.STATIC_URL}css/base.0123456789ab.css"
    assert (
        ask(application, path, accept_encoding="br").text
        == ask(application, path, accept_encoding="zstd").text
        == style
    )
    assert site.calls == [path]
    Page.objects.update(order=1)
    notice_change(application)
    assert ask(application, path).text == style
    assert site.calls == [path]


def test_a_range_request_for_a_static_file_gets_the_whole_file_from_memory(application, site, settings):
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/css")]) or [b"a {}"]
    path = f"{settings.STATIC_URL}css/base.0123456789ab.css"
    ask(application, path)
    answer = ask(application, path, range="bytes=0-1")
    assert (answer.code, answer.text) == (200, "a {}")
    assert site.calls == [path]


def test_staff_get_static_files_from_memory(application, site, settings):
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/css")]) or [b"a {}"]
    for _ in range(2):
        ask(application, f"{settings.STATIC_URL}css/base.0123456789ab.css", cookie="sessionid=abc")
    assert len(site.calls) == 1


def test_pages_with_a_query_are_neither_on_disk_nor_in_the_cache_of_nginx(application):
    for number in range(3):
        assert ask(application, "/en/deliverables/", f"page=y{number}").headers["X-Accel-Expires"] is None
    assert ask(application, "/en/deliverables/").headers["X-Accel-Expires"]
    assert {key.query for key, _page in application.cache.disk.read()} == {""}


def test_an_error_page_does_not_depend_on_earlier_requests(application):
    large = {"content_type": "multipart/form-data; boundary=a", "content_length": "9"}
    first = ask(application, "/nowhere/", method="POST", accept_language="tr", accept_encoding="gzip", **large)
    second = ask(application, "/nowhere/", method="POST", **large)
    for answer in (first, second):
        assert answer.code == 415 and '<html lang="en"' in answer.text
        assert answer.headers["Content-Encoding"] is None and answer.headers["X-Request-ID"] is None


# Requests that Django answers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "GETS", ""])
def test_django_answers_other_methods(application, site, method):
    ask(application)
    ask(application, method=method)
    assert site.calls == ["/en/", "/en/"]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin/",
        "/admin/login/",
        "/en/search/",
        "/en/cookies/settings/",
        "/en/cookies/receipt/",
        "/en/cookies/seals/",
        "/readyz",
        "/en",
        "/EN/",
        "//en/",
        "/en//",
        "/en/\x00/",
        "/en/vision/;a=b",
        "/en/vision/\n",
        "/en/wizja/",
        "/pl-PL/",
        "/en/zażółć/",
    ],
)
def test_django_answers_each_request_for_a_page_that_is_not_cached(application, site, path):
    codes = {ask(application, path).code for _ in range(2)}
    assert len(site.calls) == 2
    assert len(codes) == 1 and not codes & {500, 503}


def test_staff_see_a_change_at_once(application, client, staff):
    ask(application, "/en/vision/")
    client.force_login(staff())
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    Page.objects.filter(kind="vision").update(title_en="Changed title")
    assert "Changed title" in ask(application, "/en/vision/", cookie=session).text
    assert "Changed title" not in ask(application, "/en/vision/").text


def test_a_response_whose_headers_forbid_it_is_not_cached(application, site):
    for name, value in [
        ("Set-Cookie", "a=b"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "private"),
        ("Vary", "Cookie"),
        ("Content-Security-Policy", "script-src 'nonce-abc'"),
    ]:
        site.calls.clear()
        site.site = lambda environ, start, header=(name, value): start("200 OK", [header]) or [b"page"]
        ask(application)
        ask(application)
        assert len(site.calls) >= 2, name


# Changes of content


def test_a_change_is_in_the_next_response(application):
    assert "Another vision" not in ask(application, "/en/vision/").text
    Page.objects.filter(kind="vision").update(title_en="Another vision")
    notice_change(application)
    answer = ask(application, "/en/vision/")
    assert "Another vision" in answer.text
    assert answer.headers["Age"] is None


def test_an_unpublished_page_is_not_found(application, make_application):
    ask(application, "/en/vision/")
    Page.objects.filter(kind="vision").update(is_published=False)
    notice_change(application)
    assert ask(application, "/en/vision/").code == 404
    assert not [key for key, _page in make_application().cache.disk.read() if key.path == "/en/vision/"]


@pytest.mark.parametrize("is_new_provider", [True, False])
def test_a_new_notice_is_shown_to_visitors_whose_answer_expired(application, consent_cookie, is_new_provider):
    cookie = consent_cookie()
    assert 'class="consent"' not in ask(application, cookie=cookie).text
    old = ask(application).text
    if is_new_provider:
        make_provider("new", "statistics", "New Ltd", "https://new.example")
    Notice.objects.update(heading_en="Another heading")
    version = put_in_force(asks_again=is_new_provider)
    assert version.asks_again is is_new_provider
    notice_change(application)
    assert ('class="consent"' in ask(application, cookie=cookie).text) is is_new_provider
    assert "Another heading" in ask(application).text and "Another heading" not in old


# Consent variants


def test_each_consent_state_has_its_own_page_and_policy(application, third_parties, consent_cookie, accept):
    notice_change(application)
    accepting = accept()
    for _ in range(2):
        asked = ask(application, "/en/vision/")
        objecting = ask(application, "/en/vision/", sec_gpc="1")
        refused = ask(application, "/en/vision/", cookie=consent_cookie())
        allowed = ask(application, "/en/vision/", cookie=accepting)
        assert 'class="consent"' in asked.text and "consent-objection" not in asked.text
        assert "consent-objection" in objecting.text
        assert 'class="consent"' not in refused.text and "<iframe" not in refused.text
        assert FILM in allowed.text and "data-script" in allowed.text
        for answer in (asked, objecting, refused):
            assert "example" not in answer.headers["Content-Security-Policy"]
            assert "data-script" not in answer.text and "<iframe" not in answer.text
        assert "frame-src https://frames.video.example" in allowed.headers["Content-Security-Policy"]
        assert allowed.headers["Cache-Control"] == "private, no-store"


def test_a_page_with_a_third_party_is_not_kept_and_never_sent_to_others(
    application, make_application, third_parties, consent_cookie, accept
):
    notice_change(application)
    accepting = accept()
    forged = consent_cookie("video", "counter", "openstreetmap")
    for _ in range(2):
        for visitor in (accepting, forged, accepting.partition("; cookie_consent_receipt")[0], forged):
            answer = ask(application, "/en/vision/", cookie=visitor)
            loads = visitor == accepting
            assert (FILM in answer.text, "data-script" in answer.text) == (loads, loads)
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["X-Accel-Expires"] is None
    pages = [*application.cache.pages.pages, *(key for key, _page in make_application().cache.disk.read())]
    assert not [key for key in pages if "granted" in key.variant]


def test_a_page_on_which_nothing_would_load_is_shared_by_visitors_who_consented(
    application, site, consent_cookie, accept
):
    make_video()
    notice_change(application)
    site.calls.clear()
    for cookie in (accept(), consent_cookie("video", "openstreetmap")):
        answer = ask(application, "/en/vision/", cookie=cookie)
        assert answer.headers["Cache-Control"] == "no-cache"
    assert site.calls == ["/en/vision/"]


@pytest.mark.parametrize("is_noticed", [True, False])
def test_without_the_database_a_page_with_a_third_party_is_sent_without_it(
    application, site, third_parties, consent_cookie, accept, is_noticed
):
    notice_change(application)
    accepting = accept()
    refused = ask(application, "/en/vision/", cookie=consent_cookie()).text
    assert FILM in ask(application, "/en/vision/", cookie=accepting).text
    site.site = lambda environ, start: start("503 Service Unavailable", []) or [b"error"]
    if is_noticed:
        application.cache.set_database_unavailable(OSError("unavailable"))
    answer = ask(application, "/en/vision/", cookie=accepting)
    assert (answer.code, answer.text) == (200, refused) and answer.headers["Age"]
    assert ask(application, "/en/transformation/", cookie=accepting).code == 503


@pytest.mark.nightly
@pytest.mark.parametrize(
    "cookie",
    [
        "cookie_consent",
        "cookie_consent=",
        "cookie_consent=notice=0",
        "cookie_consent=notice=2|notice=",
        "cookie_consent=notice=-1",
        "cookie_consent=notice=1.0",
        "cookie_consent=notice=99",
        f"cookie_consent=notice={'9' * 5000}",
        "cookie_consent=\xff\xfe|\x00=;;;",
        "Cookie_Consent=notice=1",
    ],
)
def test_an_invalid_consent_cookie_is_no_answer(application, cookie):
    assert 'class="consent"' in ask(application, cookie=cookie).text


COOKIE_PARTS = some.one_of(
    some.sampled_from(
        [
            "notice=1",
            "notice=2",
            "statistics=now",
            "media=now",
            "marketing=now",
            "statistics=-1",
            "notice=",
        ]
    ),
    some.text(max_size=8),
)
COOKIES = some.one_of(
    some.none(),
    some.text(max_size=30),
    some.lists(COOKIE_PARTS, max_size=5).map(lambda parts: "cookie_consent=" + "|".join(parts)),
    some.lists(COOKIE_PARTS, max_size=5).map(lambda parts: 'a=b; cookie_consent="' + "|".join(parts) + '"; c=d'),
)
HEADERS = some.fixed_dictionaries(
    {},
    optional={
        "sec_gpc": some.sampled_from(["1", "0", " 1", "1,1", ""]),
        "dnt": some.sampled_from(["1", "0", "unspecified"]),
        "accept_language": some.sampled_from(["pl", "en", "de;q=1, pl", "*"]),
        "accept_encoding": some.sampled_from(["br", "gzip", "zstd", "identity", "*"]),
        "x_forwarded_host": some.just("evil.example"),
        "x_forwarded_proto": some.sampled_from(["https", "http"]),
        "x_original_url": some.just("/en/vision/"),
        "x_rewrite_url": some.just("/en/vision/"),
        "x_http_method_override": some.just("POST"),
        "forwarded": some.just("host=evil.example"),
        "referer": some.just("https://evil.example/"),
        "user_agent": some.text(max_size=10),
    },
)
QUERIES = some.lists(
    some.tuples(
        some.sampled_from(["country", "role", "page", "utm_source", "q", "below", "country[]", "Page"]),
        some.sampled_from(
            ["PL", "FI", "member", "coordinator", "1", "2", "", "%3Cscript%3E", "PL;page=2", "a%26page=2"]
        ),
    ),
    max_size=5,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))


@pytest.mark.nightly
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=some.sampled_from(["/en/vision/", "/pl/wizja/", "/en/partners/", "/pl/partnerzy/", "/en/", "/robots.txt"]),
    host=some.sampled_from(
        ["localhost", "LOCALHOST", "localhost:8000", "unic.example", "a.wild.example", "unic.example:81"]
    ),
    cookie=COOKIES,
    headers=HEADERS,
    query=QUERIES,
)
def test_each_request_gets_the_page_of_the_site(application, third_parties, site, path, host, cookie, headers, query):
    notice_change(application)
    if cookie is not None:
        headers = headers | {"cookie": cookie.encode().decode("latin-1")}
    if "user_agent" in headers:
        headers["user_agent"] = headers["user_agent"].encode().decode("latin-1")
    from_cache = ask(application, path, query, host=host, **headers)
    known = ("country", "page", "role") if path in ("/en/partners/", "/pl/partnerzy/") else ()
    last = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name in known}
    canonical = urlencode(sorted((name, value) for name, value in last.items() if value))
    own = {name: value for name, value in headers.items() if name in ("cookie", "sec_gpc", "dnt")}
    from_site = ask(site, path, canonical, host=host.lower(), **own)
    assert from_cache.code == from_site.code == 200
    assert from_cache.text == from_site.text
    policies = [answer.headers["Content-Security-Policy"].split("; ") for answer in (from_cache, from_site)]
    assert sorted(policies[0]) == sorted(policies[1])


def test_a_page_contains_no_receipt(application, consent_cookie):
    receipt = "SECR-ETRE-CEIP-T123"
    ask(application, cookie=consent_cookie(receipt=receipt))
    for page in application.cache.pages.pages.values():
        assert receipt.encode() not in page.bodies["identity"]


def test_an_unknown_host_gets_an_error_and_does_not_change_a_page(application, site):
    assert ask(application, host="evil.example").code == 400
    assert ask(application, x_forwarded_host="evil.example", x_forwarded_proto="https").code == 200
    assert "evil.example" not in ask(application).text
    assert 'href="http://localhost/en/"' in ask(application).text


def test_pages_have_the_urls_of_their_host_and_scheme(application, settings):
    settings.TRUSTED_PROXIES = parse_proxies(["192.0.2.0/24"])
    assert 'href="http://unic.example/en/"' in ask(application, host="unic.example").text
    assert 'href="https://unic.example/en/"' in ask(application, host="unic.example", x_forwarded_proto="https").text
    assert 'href="http://localhost/en/"' in ask(application).text


# Invented URLs


def test_unknown_parameters_have_no_effect(application, site):
    plain = ask(application)
    for number in range(1000):
        assert ask(application, query=f"utm_{number}={number}").sent == plain.sent
    assert ask(application, query="\xff=1&a=\xe9").sent == plain.sent
    assert site.calls == ["/en/"]


@pytest.mark.parametrize(
    "query", ["role=member&x=1", "x=1&role=member", "role=member&role=member", "role=&role=member"]
)
def test_equivalent_queries_get_the_same_page(application, site, query):
    plain = ask(application, "/en/partners/", "role=member")
    assert ask(application, "/en/partners/", query).sent == plain.sent
    assert len(site.calls) == 1


def test_invented_values_hosts_and_ports_evict_no_canonical_page(make_application, site, monkeypatch):
    application = make_application(limit=1_000_000)
    notice_change(application)
    real = ask(application).text
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/html")]) or [b"x" * 10_000]
    for number in range(300):
        ask(application, "/en/partners/", f"page={number}")
        ask(application, host=f"localhost:{number + 1}")
        ask(application, host=f"h{number}.wild.example")
    assert application.cache.pages.size + application.cache.other_pages.size <= 1_000_000
    assert len(application.cache.other_pages.pages) < 20
    site.calls.clear()
    assert ask(application).text == real
    assert site.calls == []


def test_the_least_recently_used_page_is_evicted_first(make_application, site):
    application = make_application(limit=1_000_000)
    notice_change(application)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 100_000]
    ask(application, "/en/")
    for number in range(12):
        ask(application, f"/en/partners/invented-{number}/")
        ask(application, "/en/")
    assert application.cache.pages.size <= 1_000_000
    assert site.calls.count("/en/") == 1
    site.calls.clear()
    ask(application, "/en/partners/invented-0/")
    assert site.calls


def test_hundreds_of_unknown_parameters_have_no_effect(application, site):
    ask(application, "/en/partners/")
    site.calls.clear()
    query = "&".join(f"invented-{number}={number}" for number in range(200))
    assert ask(application, "/en/partners/", query).code == 200 and site.calls == []


def test_django_answers_a_query_that_is_too_long(application, site):
    query = "page=" + "1" * 300
    ask(application, "/en/partners/", query)
    ask(application, "/en/partners/", query)
    assert len(site.calls) == 2 and not application.cache.other_pages.pages


# Errors


def broken(environ, start_response):
    start_response("500 Internal Server Error", [("Content-Type", "text/html")])
    return [b"an error"]


def test_if_rendering_fails_the_outdated_page_is_sent_with_its_age(application, site):
    good = ask(application).text
    working, site.site = site.site, broken
    Alliance.objects.update(acronym="CINU")
    notice_change(application)
    for _ in range(3):
        answer = ask(application)
        assert (answer.code, answer.text) == (200, good)
        assert answer.headers["Age"].isdecimal() and "stale" in answer.headers["Cache-Status"]
    assert len(site.calls) == 2, "a failed rendering is not repeated at once"
    assert ask(application, if_none_match="*").code == 304
    site.site = working
    for page in application.cache.pages.pages.values():
        page.retry_at = 0
    assert "CINU" in ask(application).text


def test_while_the_database_is_unavailable_cached_pages_are_sent_without_rendering(application, site):
    good = ask(application).text
    application.cache.set_database_unavailable(OSError("unavailable"))
    answer = ask(application)
    assert (answer.code, answer.text) == (200, good)
    assert answer.headers["Age"]
    assert len(site.calls) == 1
    notice_change(application)
    assert ask(application).headers["Age"] is None
    assert len(site.calls) == 1, "the content did not change"


def test_an_error_is_sent_for_a_page_that_is_not_cached(application, site):
    site.site = broken
    assert ask(application).code == 500
    assert not application.cache.pages.pages


@pytest.fixture
def endless(site):
    """The site does not finish pages with "never" in their paths until the event is set."""
    end = threading.Event()

    def render(environ, start):
        if "never" in environ["PATH_INFO"]:
            end.wait(30)
        return start("200 OK", [("Content-Type", "text/html")]) or [b"rendered"]

    site.site = render
    yield end
    end.set()


def ask_concurrently(application, *paths: str) -> list:
    """Send concurrent requests, and return the responses."""

    async def ask_all():
        scopes = [asgi_scope(path, "", "GET", "localhost", {}) for path in paths]
        return await asyncio.gather(*(ask_asgi(application, scope) for scope in scopes))

    return asyncio.run(ask_all())


def test_a_page_is_rendered_once_for_concurrent_requests(application, site, endless):
    application.pool = Pool()
    threading.Timer(0.3, endless.set).start()
    answers = ask_concurrently(application, *["/en/partners/never/"] * 16)
    assert {answer.text for answer in answers} == {"rendered"}
    assert site.calls == ["/en/partners/never/"]


def test_requests_that_exceed_the_pool_wait_and_are_then_refused_in_the_language_of_the_url(application, site, endless):
    page = ask(application, "/en/").text
    working, site.site = WSGIHandler(), site.site
    render, site.site = (
        site.site,
        lambda environ, start: working(environ, start) if REFUSED_STATUS in environ else render(environ, start),
    )
    application.pool = Pool(threads=2, max_waiting=3, timeout=0.2)
    threading.Timer(1, endless.set).start()
    paths = [f"/pl/partnerzy/never-{number}/" for number in range(8)]
    *answers, cached = ask_concurrently(application, *paths, "/en/")
    assert cached.text == page, "a cached page is sent without a thread"
    refused = [answer for answer in answers if answer.code == 503]
    assert len(refused) == 6
    assert all(answer.headers["Retry-After"] and '<html lang="pl"' in answer.text for answer in refused)
    assert ask(application, "/en/partners/").code == 200, "the threads are free again"


def test_requests_for_a_cached_page_do_not_wait_for_pages_that_were_never_rendered(application, site, endless):
    ask(application, "/en/")
    for page in application.cache.pages.pages.values():
        page.content_version = "another"
    application.pool = Pool(threads=1)
    application.cache.rerender_threads = ThreadPoolExecutor(1)
    threading.Timer(1, endless.set).start()
    started_at = time.monotonic()

    async def ask_both():
        never = asyncio.ensure_future(
            ask_asgi(application, asgi_scope("/en/partners/never/", "", "GET", "localhost", {}))
        )
        await asyncio.sleep(0.05)
        answer = await ask_asgi(application, asgi_scope("/en/", "", "GET", "localhost", {}))
        waited = time.monotonic() - started_at
        await never
        return answer, waited

    answer, waited = asyncio.run(ask_both())
    assert answer.text == "rendered" and waited < 0.9


def test_if_rendering_takes_too_long_the_outdated_page_is_sent(application, site, monkeypatch):
    good, finished = ask(application).text, threading.Event()
    site.site = lambda environ, start: (
        (finished.wait(20) and start("200 OK", [("Content-Type", "text/html")])) or [b"new"]
    )
    monkeypatch.setattr(cache_module, "RENDER_TIMEOUT", 0.05)
    application.cache.rerender_threads = ThreadPoolExecutor(1)
    Page.objects.update(order=2)
    notice_change(application)
    assert ask(application).text == good, "the first request waits for RENDER_TIMEOUT"
    assert ask(application).text == good, "the next request does not wait"
    assert site.calls == ["/en/", "/en/"], "it is rendered once"
    finished.set()
    application.cache.rerender_threads.shutdown()
    assert ask(application).text == "new"


# Restarts


def test_after_a_restart_pages_are_sent_without_the_database(application, make_application, site, consent_cookie):
    cookie = consent_cookie()
    good, refused = ask(application).text, ask(application, cookie=cookie).text
    after = make_application()
    after.cache.set_database_unavailable(OSError("unavailable"))
    site.calls.clear()
    assert ask(after, accept_encoding="br").text == good
    assert ask(after, cookie=cookie).text == refused
    assert ask(after).headers["Age"]
    assert site.calls == []
    after.cache.set_content_version(ContentVersion.objects.current())
    assert ask(after).headers["Age"] is None
    assert site.calls == []


def test_a_page_that_changed_while_no_process_ran_is_rendered_again(application, make_application, site):
    ask(application, "/en/vision/")
    Page.objects.filter(kind="vision").update(title_en="Changed title")
    after = make_application()
    assert "Changed title" in ask(after, "/en/vision/").text, "before the watcher has read the content version too"
    after.cache.set_content_version(ContentVersion.objects.current())
    assert "Changed title" in ask(after, "/en/vision/").text


def test_pages_of_an_older_build_are_sent_only_if_rendering_fails(application, make_application, site, monkeypatch):
    good = ask(application).text
    monkeypatch.setattr(cache_module, "build_id", lambda: "newer")
    after = make_application()
    after.cache.set_content_version(ContentVersion.objects.current())
    site.calls.clear()
    working, site.site = site.site, broken
    assert ask(after).text == good
    site.site = working
    for page in after.cache.pages.pages.values():
        page.retry_at = 0
    assert ask(after).headers["Age"] is None
    assert site.calls == ["/en/", "/en/"]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-10], lambda content: b"", lambda content: content[:80] + b"!" + content[81:]]
)
def test_a_damaged_page_on_disk_is_deleted(application, make_application, damage):
    ask(application)
    (file,) = application.cache.disk.pages()
    file.write_bytes(damage(file.read_bytes()))
    after = make_application()
    assert not after.cache.pages.pages
    assert not file.exists()


@pytest.mark.parametrize(
    "state", [b"", b"[]", b'{"server_port": "80"}', b'{"rule": {"notice": 1}, "server_port": "80"}']
)
def test_an_invalid_state_on_disk_is_ignored(application, make_application, site, state):
    ask(application)
    (application.cache.disk.folder / "state.json").write_bytes(state)
    after = make_application()
    assert not after.cache.pages.pages
    notice_change(after)
    assert ask(after).code == 200


def test_unfinished_files_of_a_killed_process_are_deleted(application, make_application):
    old, recent = (application.cache.disk.folder / f"{name}{UNFINISHED}" for name in ("old", "recent"))
    for file in (old, recent):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    make_application()
    assert not old.exists() and recent.exists()


def test_the_pages_on_disk_do_not_exceed_the_limit(make_application, site):
    application = make_application(limit=1_000_000)
    notice_change(application)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 90_000]
    for number in range(30):
        ask(application, f"/en/partners/invented-{number}/")
    assert sum(file.stat().st_size for file in application.cache.disk.pages()) <= 1_000_000
    assert not list(application.cache.disk.folder.glob(f"*{UNFINISHED}"))


def test_pages_are_sent_while_the_disk_is_full(application, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write_atomically", full)
    assert ask(application).code == ask(application).code == 200
