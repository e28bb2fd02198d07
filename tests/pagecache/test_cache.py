"""Pages that are made once and handed out without Django: the right one to each, whoever asks in whatever way."""

import asyncio
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from alliance.models import Alliance
from consent.models import EmbeddedContent, Notice, NoticeVersion, Purpose, Script
from pagecache import cache as cache_module
from pagecache.models import ContentVersion
from pages.models import Page
from security.proxies import parse_proxies
from server.asgi import REFUSED
from server.pool import Pool
from tests.pagecache.conftest import ask, ask_asgi, scope_of

pytestmark = pytest.mark.once

STORED = ["/en/", "/pl/", "/en/partners/", "/en/vision/", "/en/transformation/", "/robots.txt", "/sitemap.xml"]
STORED += ["/en/timeline/feed.xml", "/share/pl/manifest.webmanifest"]


def see_change(application):
    """What the watcher does within a second."""
    application.cache.set_content_version(ContentVersion.objects.current())


@pytest.fixture
def film(optional_purposes):
    """Content of others, by consent, in the text of the vision, and a script that counts visits."""
    page_url = "https://films.example/1"
    EmbeddedContent.objects.create(
        title="A film",
        provider="Films Ltd",
        purpose=Purpose.objects.get(key=optional_purposes[0]),
        page_url=page_url,
        frame_url="https://films.example/embed/1",
    )
    Script.objects.create(
        name="Counter",
        provider="Counters Ltd",
        purpose=Purpose.objects.get(key=optional_purposes[-1]),
        source="https://counter.example/count.js",
    )
    Page.objects.filter(kind="vision").update(body_en=f'<p><a href="{page_url}">Film</a></p>')


# One making for all


@pytest.mark.parametrize("path", STORED)
def test_a_page_is_made_once(application, site, path):
    first, second = ask(application, path), ask(application, path)
    assert first.code == second.code == 200
    assert first.text == second.text
    assert site.asked == [path]


def test_a_page_is_made_once_of_content_without_a_name_too(application, site):
    ContentVersion.objects.all().delete()
    see_change(application)
    ask(application)
    ask(application)
    assert site.asked == ["/en/"]


def test_every_page_of_the_sitemap_is_stored_here_in_two_languages(make_application, site):
    application = make_application(64_000_000)
    application.cache.set_content_version(ContentVersion.objects.current())
    paths = re.findall(r"<loc>http://localhost(/(?:en|pl)/[^<]*)</loc>", ask(application, "/sitemap.xml").text)
    assert len(paths) > 40
    for path in paths:
        ask(application, path)
    site.asked.clear()
    for path in paths:
        assert ask(application, path).code == 200
    assert site.asked == []


def test_a_stored_page_carries_the_headers_that_the_site_gave_it(application, site):
    ask(application)
    site.asked.clear()
    stored, fresh = ask(application), ask(site)
    own = {"etag", "vary", "content-security-policy"}
    for name, value in fresh.headers.items():
        if name.lower() not in own:
            assert stored.headers[name] == value
    policies = [sorted(answer.headers["Content-Security-Policy"].split("; ")) for answer in (stored, fresh)]
    assert policies[0] == policies[1]
    assert stored.headers["Vary"] == "Accept-Encoding, Cookie, Sec-GPC, DNT"


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
def test_each_gets_the_encoding_that_they_can_read(application, accepted, encoding):
    plain = ask(application)
    answer = ask(application, accept_encoding=accepted)
    assert answer.code == 200
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Content-Length"] == str(len(answer.sent))
    assert answer.text == plain.text


def test_etags_differ_by_encoding_and_each_is_answered_with_304(application):
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


def test_head_is_a_get_without_its_body(application, site):
    head, get = ask(application, method="HEAD"), ask(application)
    assert head.sent == b""
    assert head.headers.items() == get.headers.items()
    assert site.asked == ["/en/"]


def test_a_file_with_a_digest_in_its_name_is_handed_out_from_memory(application, site, settings):
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
    assert site.asked == [path]
    Page.objects.update(order=1)
    see_change(application)
    assert ask(application, path).text == style
    assert site.asked == [path]


def test_a_range_of_a_static_file_is_answered_with_the_whole_file_from_memory(application, site, settings):
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/css")]) or [b"a {}"]
    path = f"{settings.STATIC_URL}css/base.0123456789ab.css"
    ask(application, path)
    answer = ask(application, path, range="bytes=0-1")
    assert (answer.code, answer.text) == (200, "a {}")
    assert site.asked == [path]


def test_staff_get_static_files_from_memory_too(application, site, settings):
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/css")]) or [b"a {}"]
    for _ in range(2):
        ask(application, f"{settings.STATIC_URL}css/base.0123456789ab.css", cookie="sessionid=abc")
    assert len(site.asked) == 1


def test_only_pages_with_addresses_of_their_own_are_kept_on_disk_and_by_caches_in_front(application):
    for number in range(3):
        assert ask(application, "/en/deliverables/", f"page=y{number}").headers["X-Accel-Expires"] is None
    assert ask(application, "/en/deliverables/").headers["X-Accel-Expires"]
    assert {key.query for key, _page in application.cache.disk.read()} == {""}


def test_nothing_of_one_request_gets_into_the_error_page_of_another(application):
    large = {"content_type": "multipart/form-data; boundary=a", "content_length": "9"}
    first = ask(application, "/nowhere/", method="POST", accept_language="tr", accept_encoding="gzip", **large)
    second = ask(application, "/nowhere/", method="POST", **large)
    for answer in (first, second):
        assert answer.code == 415 and '<html lang="en"' in answer.text
        assert answer.headers["Content-Encoding"] is None and answer.headers["X-Request-ID"] is None


# What goes to the site itself


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "GETS", ""])
def test_other_methods_go_to_the_site(application, site, method):
    ask(application)
    ask(application, method=method)
    assert site.asked == ["/en/", "/en/"]


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
def test_what_is_no_stored_page_is_asked_of_the_site_each_time(application, site, path):
    codes = {ask(application, path).code for _ in range(2)}
    assert len(site.asked) == 2
    assert len(codes) == 1 and not codes & {500, 503}


def test_staff_read_the_site_itself_and_see_a_change_at_once(application, client, staff):
    ask(application, "/en/vision/")
    client.force_login(staff())
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    Page.objects.filter(kind="vision").update(title_en="Seen at once")
    assert "Seen at once" in ask(application, "/en/vision/", cookie=session).text
    assert "Seen at once" not in ask(application, "/en/vision/").text


def test_nothing_is_kept_of_an_answer_that_forbids_it(application, site):
    for name, value in [
        ("Set-Cookie", "a=b"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "private"),
        ("Vary", "Cookie"),
        ("Content-Security-Policy", "script-src 'nonce-abc'"),
    ]:
        site.asked.clear()
        site.site = lambda environ, start, header=(name, value): start("200 OK", [header]) or [b"for one"]
        ask(application)
        ask(application)
        assert len(site.asked) >= 2, name


# Change


def test_a_change_shows_to_the_next_who_asks(application):
    assert "Another vision" not in ask(application, "/en/vision/").text
    Page.objects.filter(kind="vision").update(title_en="Another vision")
    see_change(application)
    answer = ask(application, "/en/vision/")
    assert "Another vision" in answer.text
    assert answer.headers["Age"] is None


def test_a_page_that_is_taken_off_the_site_is_gone(application, make_application):
    ask(application, "/en/vision/")
    Page.objects.filter(kind="vision").update(is_published=False)
    see_change(application)
    assert ask(application, "/en/vision/").code == 404
    assert not [key for key, _page in make_application().cache.disk.read() if key.path == "/en/vision/"]


@pytest.mark.parametrize("is_new_purpose", [True, False])
def test_a_new_notice_is_asked_where_the_old_answer_no_longer_holds(application, consent_cookie, is_new_purpose):
    cookie = consent_cookie()
    assert 'class="consent"' not in ask(application, cookie=cookie).text
    old = ask(application).text
    if is_new_purpose:
        Purpose.objects.create(name_en="Something else", description_en="New.")
    Notice.objects.update(heading_en="Another heading")
    version = NoticeVersion.objects.publish(asks_again=is_new_purpose)
    assert version.asks_again is is_new_purpose
    see_change(application)
    assert ('class="consent"' in ask(application, cookie=cookie).text) is is_new_purpose
    assert "Another heading" in ask(application).text and "Another heading" not in old


# Who gets which


def test_each_consent_state_gets_its_own_page_with_its_own_policy(application, film, consent_cookie, optional_purposes):
    see_change(application)
    films, counting = optional_purposes[0], optional_purposes[-1]
    for _ in range(2):
        asked = ask(application, "/en/vision/")
        objecting = ask(application, "/en/vision/", sec_gpc="1")
        refused = ask(application, "/en/vision/", cookie=consent_cookie())
        allowed = ask(application, "/en/vision/", cookie=consent_cookie(films, counting))
        assert 'class="consent"' in asked.text and "consent-objection" not in asked.text
        assert "consent-objection" in objecting.text
        assert 'class="consent"' not in refused.text and "<iframe" not in refused.text
        assert "films.example/embed" in allowed.text and "count.js" in allowed.text
        for answer in (asked, objecting, refused):
            assert "example" not in answer.headers["Content-Security-Policy"]
            assert "count.js" not in answer.text and "<iframe" not in answer.text
        assert "frame-src https://films.example" in allowed.headers["Content-Security-Policy"]


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
def test_a_broken_or_forged_cookie_is_no_answer(application, cookie):
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
def test_everyone_gets_what_the_site_itself_would_answer(application, film, site, path, host, cookie, headers, query):
    from urllib.parse import parse_qsl, urlencode

    see_change(application)
    if cookie is not None:
        headers = headers | {"cookie": cookie.encode().decode("latin-1")}
    if "user_agent" in headers:
        headers["user_agent"] = headers["user_agent"].encode().decode("latin-1")
    from_store = ask(application, path, query, host=host, **headers)
    known = ("country", "page", "role") if path in ("/en/partners/", "/pl/partnerzy/") else ()
    last = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name in known}
    canonical = urlencode(sorted((name, value) for name, value in last.items() if value))
    own = {name: value for name, value in headers.items() if name in ("cookie", "sec_gpc", "dnt")}
    from_site = ask(site, path, canonical, host=host.lower(), **own)
    assert from_store.code == from_site.code == 200
    assert from_store.text == from_site.text
    policies = [answer.headers["Content-Security-Policy"].split("; ") for answer in (from_store, from_site)]
    assert sorted(policies[0]) == sorted(policies[1])


def test_nobodys_receipt_gets_into_a_page(application, consent_cookie):
    receipt = "SECR-ETRE-CEIP-T123"
    ask(application, cookie=consent_cookie(receipt=receipt))
    for kept in application.cache.pages.pages.values():
        assert receipt.encode() not in kept.bodies["identity"]


def test_a_host_that_is_not_ours_gets_no_page_and_leaves_none(application, site):
    assert ask(application, host="evil.example").code == 400
    assert ask(application, x_forwarded_host="evil.example", x_forwarded_proto="https").code == 200
    assert "evil.example" not in ask(application).text
    assert 'href="http://localhost/en/"' in ask(application).text


def test_each_host_and_scheme_gets_its_own_addresses(application, settings):
    settings.TRUSTED_PROXIES = parse_proxies(["192.0.2.0/24"])
    assert 'href="http://unic.example/en/"' in ask(application, host="unic.example").text
    assert 'href="https://unic.example/en/"' in ask(application, host="unic.example", x_forwarded_proto="https").text
    assert 'href="http://localhost/en/"' in ask(application).text


# Made-up addresses


def test_made_up_parameters_get_the_same_page_and_never_reach_the_site(application, site):
    plain = ask(application)
    for number in range(1000):
        assert ask(application, query=f"utm_{number}={number}").sent == plain.sent
    assert ask(application, query="\xff=1&a=\xe9").sent == plain.sent
    assert site.asked == ["/en/"]


@pytest.mark.parametrize(
    "query", ["role=member&x=1", "x=1&role=member", "role=member&role=member", "role=&role=member"]
)
def test_the_same_question_in_other_words_is_answered_with_the_same_page(application, site, query):
    plain = ask(application, "/en/partners/", "role=member")
    assert ask(application, "/en/partners/", query).sent == plain.sent
    assert len(site.asked) == 1


def test_made_up_values_hosts_and_ports_push_no_page_out(make_application, site, monkeypatch):
    application = make_application(limit=1_000_000)
    see_change(application)
    real = ask(application).text
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/html")]) or [b"x" * 10_000]
    for number in range(300):
        ask(application, "/en/partners/", f"page={number}")
        ask(application, host=f"localhost:{number + 1}")
        ask(application, host=f"h{number}.wild.example")
    assert application.cache.pages.size + application.cache.unforeseen.size <= 1_000_000
    assert len(application.cache.unforeseen.pages) < 20
    site.asked.clear()
    assert ask(application).text == real
    assert site.asked == []


def test_who_is_asked_for_least_recently_goes_first(make_application, site):
    application = make_application(limit=1_000_000)
    see_change(application)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 100_000]
    ask(application, "/en/")
    for number in range(12):
        ask(application, f"/en/partners/made-up-{number}/")
        ask(application, "/en/")
    assert application.cache.pages.size <= 1_000_000
    assert site.asked.count("/en/") == 1
    site.asked.clear()
    ask(application, "/en/partners/made-up-0/")
    assert site.asked


def test_any_number_of_parameters_that_no_page_knows_changes_nothing(application, site):
    ask(application, "/en/partners/")
    site.asked.clear()
    query = "&".join(f"made-up-{number}={number}" for number in range(200))
    assert ask(application, "/en/partners/", query).code == 200 and site.asked == []


def test_too_long_a_query_goes_to_the_site(application, site):
    query = "page=" + "1" * 300
    ask(application, "/en/partners/", query)
    ask(application, "/en/partners/", query)
    assert len(site.asked) == 2 and not application.cache.unforeseen.pages


# Faults


def broken(environ, start_response):
    start_response("500 Internal Server Error", [("Content-Type", "text/html")])
    return [b"a fault"]


def test_a_page_that_can_not_be_made_is_sent_as_it_was_last_with_its_age(application, site):
    good = ask(application).text
    working, site.site = site.site, broken
    Alliance.objects.update(acronym="CINU")
    see_change(application)
    for _ in range(3):
        answer = ask(application)
        assert (answer.code, answer.text) == (200, good)
        assert answer.headers["Age"].isdecimal() and "stale" in answer.headers["Cache-Status"]
    assert len(site.asked) == 2, "a fault is not tried again at once"
    assert ask(application, if_none_match="*").code == 304
    site.site = working
    for kept in application.cache.pages.pages.values():
        kept.retry_at = 0
    assert "CINU" in ask(application).text


def test_while_the_database_is_away_pages_are_sent_and_no_time_is_lost_asking(application, site):
    good = ask(application).text
    application.cache.database_is_away(OSError("away"))
    answer = ask(application)
    assert (answer.code, answer.text) == (200, good)
    assert answer.headers["Age"]
    assert len(site.asked) == 1
    see_change(application)
    assert ask(application).headers["Age"] is None
    assert len(site.asked) == 1, "nothing changed meanwhile"


def test_a_page_that_was_never_made_shows_the_fault(application, site):
    site.site = broken
    assert ask(application).code == 500
    assert not application.cache.pages.pages


@pytest.fixture
def endless(site):
    """The site never finishes a page whose path holds "never", until the fixture's event is set."""
    end = threading.Event()

    def render(environ, start):
        if "never" in environ["PATH_INFO"]:
            end.wait(30)
        return start("200 OK", [("Content-Type", "text/html")]) or [b"rendered"]

    site.site = render
    yield end
    end.set()


def ask_at_once(application, *paths: str) -> list:
    """The answers to requests that come together."""

    async def ask_all():
        scopes = [scope_of(path, "", "GET", "localhost", {}) for path in paths]
        return await asyncio.gather(*(ask_asgi(application, scope) for scope in scopes))

    return asyncio.run(ask_all())


def test_a_page_that_many_ask_for_first_is_rendered_once_for_all(application, site, endless):
    application.pool = None
    threading.Timer(0.3, endless.set).start()
    answers = ask_at_once(application, *["/en/partners/never/"] * 16)
    assert {answer.text for answer in answers} == {"rendered"}
    assert site.asked == ["/en/partners/never/"]


def test_more_requests_than_the_pool_takes_wait_and_are_then_refused_in_the_language_of_the_visitor(
    application, site, endless
):
    page = ask(application, "/en/").text
    working, site.site = WSGIHandler(), site.site
    render, site.site = (
        site.site,
        lambda environ, start: working(environ, start) if REFUSED in environ else render(environ, start),
    )
    application.pool = Pool(threads=2, most_waiting=3, seconds=0.2)
    threading.Timer(1, endless.set).start()
    paths = [f"/pl/partnerzy/never-{number}/" for number in range(8)]
    *answers, cached = ask_at_once(application, *paths, "/en/")
    assert cached.text == page, "a page that is there waits for nobody"
    refused = [answer for answer in answers if answer.code == 503]
    assert len(refused) == 6
    assert all(answer.headers["Retry-After"] and '<html lang="pl"' in answer.text for answer in refused)
    assert ask(application, "/en/partners/").code == 200, "threads are free again"


def test_a_page_that_is_there_waits_for_none_that_was_never_rendered(application, site, endless):
    ask(application, "/en/")
    for page in application.cache.pages.pages.values():
        page.content_version = "another"
    application.pool = Pool(threads=1)
    application.cache.renewers = ThreadPoolExecutor(1)
    threading.Timer(1, endless.set).start()
    began = time.monotonic()

    async def ask_both():
        never = asyncio.ensure_future(
            ask_asgi(application, scope_of("/en/partners/never/", "", "GET", "localhost", {}))
        )
        await asyncio.sleep(0.05)
        answer = await ask_asgi(application, scope_of("/en/", "", "GET", "localhost", {}))
        waited = time.monotonic() - began
        await never
        return answer, waited

    answer, waited = asyncio.run(ask_both())
    assert answer.text == "rendered" and waited < 0.9


def test_a_page_that_takes_too_long_is_sent_as_it_was_last(application, site, monkeypatch):
    good, finished = ask(application).text, threading.Event()
    site.site = lambda environ, start: (
        (finished.wait(20) and start("200 OK", [("Content-Type", "text/html")])) or [b"new"]
    )
    monkeypatch.setattr(cache_module, "PATIENCE", 0.05)
    application.cache.renewers = ThreadPoolExecutor(1)
    Page.objects.update(order=2)
    see_change(application)
    assert ask(application).text == good, "who asks first waits no longer than is bearable"
    assert ask(application).text == good, "who asks next does not wait"
    assert site.asked == ["/en/", "/en/"], "it is made but once"
    finished.set()
    application.cache.renewers.shutdown()
    assert ask(application).text == "new"


# A restart


def test_after_a_restart_pages_are_there_before_the_database(application, make_application, site, consent_cookie):
    cookie = consent_cookie()
    good, refused = ask(application).text, ask(application, cookie=cookie).text
    after = make_application()
    after.cache.database_is_away(OSError("away"))
    site.asked.clear()
    assert ask(after, accept_encoding="br").text == good
    assert ask(after, cookie=cookie).text == refused
    assert ask(after).headers["Age"]
    assert site.asked == []
    after.cache.set_content_version(ContentVersion.objects.current())
    assert ask(after).headers["Age"] is None
    assert site.asked == []


def test_a_page_that_changed_while_no_process_ran_is_made_anew(application, make_application, site):
    ask(application, "/en/vision/")
    Page.objects.filter(kind="vision").update(title_en="Changed meanwhile")
    after = make_application()
    assert "Changed meanwhile" in ask(after, "/en/vision/").text, "also before the watcher has seen the database"
    after.cache.set_content_version(ContentVersion.objects.current())
    assert "Changed meanwhile" in ask(after, "/en/vision/").text


def test_pages_of_an_older_program_are_but_the_last_resort(application, make_application, site, monkeypatch):
    good = ask(application).text
    monkeypatch.setattr(cache_module, "build", lambda: "newer")
    after = make_application()
    after.cache.set_content_version(ContentVersion.objects.current())
    site.asked.clear()
    working, site.site = site.site, broken
    assert ask(after).text == good
    site.site = working
    for kept in after.cache.pages.pages.values():
        kept.retry_at = 0
    assert ask(after).headers["Age"] is None
    assert site.asked == ["/en/", "/en/"]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-10], lambda content: b"", lambda content: content[:80] + b"!" + content[81:]]
)
def test_a_damaged_page_is_not_taken_up(application, make_application, damage):
    ask(application)
    (file,) = application.cache.disk.pages()
    file.write_bytes(damage(file.read_bytes()))
    after = make_application()
    assert not after.cache.pages.pages
    assert not file.exists()


@pytest.mark.parametrize(
    "state", [b"", b"[]", b'{"server_port": "80"}', b'{"rule": {"notice": 1}, "server_port": "80"}']
)
def test_a_state_that_another_program_wrote_keeps_nobody_from_starting(application, make_application, site, state):
    ask(application)
    (application.cache.disk.folder / "state.json").write_bytes(state)
    after = make_application()
    assert not after.cache.pages.pages
    see_change(after)
    assert ask(after).code == 200


def test_what_a_killed_process_left_half_written_is_cleared_away(application, make_application):
    left, being_written = (
        application.cache.disk.folder / "left.new",
        application.cache.disk.folder / "being-written.new",
    )
    for file in (left, being_written):
        file.write_bytes(b"half")
    os.utime(left, (0, 0))
    make_application()
    assert not left.exists() and being_written.exists()


def test_the_disk_holds_no_more_than_it_may(make_application, site):
    application = make_application(limit=1_000_000)
    see_change(application)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 90_000]
    for number in range(30):
        ask(application, f"/en/partners/made-up-{number}/")
    assert sum(file.stat().st_size for file in application.cache.disk.pages()) <= 1_000_000
    assert not list(application.cache.disk.folder.glob("*.new"))


def test_a_full_disk_keeps_no_visitor_from_a_page(application, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(application.cache.disk, "_write_whole", full)
    assert ask(application).code == ask(application).code == 200
