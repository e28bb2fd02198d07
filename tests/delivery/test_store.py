"""Pages that are made once and handed out without Django: the right one to each, whoever asks in whatever way."""

import http.client
import os
import re
import socket
import tempfile
import threading
import time

import pytest
from django.conf import settings
from django.db import OperationalError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from alliance.models import Alliance
from consent.models import EmbeddedContent, Notice, NoticeVersion, Purpose, Script
from delivery.models import Generation
from delivery.store import front
from delivery.store import listener as listener_module
from delivery.store.listener import MAKERS, MOST_KNOWN, Listener
from pages.models import Page
from tests.delivery.conftest import ask
from tests.serving import free_port

STORED = ["/en/", "/pl/", "/en/partners/", "/en/vision/", "/en/transformation/", "/robots.txt", "/sitemap.xml"]
STORED += ["/en/timeline/feed.xml", "/share/pl/manifest.webmanifest"]


def see_change(store):
    """What the watcher does within a second."""
    store.confirm(Generation.objects.current())


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
def test_a_page_is_made_once(store, site, path):
    first, second = ask(store, path), ask(store, path)
    assert first.code == second.code == 200
    assert first.text == second.text
    assert site.asked == [path]


def test_a_page_is_made_once_of_content_without_a_name_too(store, site):
    Generation.objects.all().delete()
    see_change(store)
    ask(store)
    ask(store)
    assert site.asked == ["/en/"]


def test_every_page_of_the_sitemap_is_stored_here_in_two_languages(make_store, site):
    store = make_store(64_000_000)
    store.confirm(Generation.objects.current())
    paths = re.findall(r"<loc>http://localhost(/(?:en|pl)/[^<]*)</loc>", ask(store, "/sitemap.xml").text)
    assert len(paths) > 40
    for path in paths:
        ask(store, path)
    site.asked.clear()
    for path in paths:
        assert ask(store, path).code == 200
    assert site.asked == []


def test_a_stored_page_carries_the_headers_that_the_site_gave_it(store, site):
    ask(store)
    site.asked.clear()
    stored, fresh = ask(store), ask(site)
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
def test_each_gets_the_encoding_that_they_can_read(store, accepted, encoding):
    plain = ask(store)
    answer = ask(store, accept_encoding=accepted)
    assert answer.code == 200
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Content-Length"] == str(len(answer.sent))
    assert answer.text == plain.text


def test_etags_differ_by_encoding_and_each_is_answered_with_304(store):
    etags = set()
    for accepted in ("", "gzip", "br", "zstd"):
        etag = ask(store, accept_encoding=accepted).headers["ETag"]
        etags.add(etag)
        for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = ask(store, accept_encoding=accepted, if_none_match=condition)
            assert (answer.code, answer.sent) == (304, b""), condition
            assert answer.headers["ETag"] == etag
            assert answer.headers["Content-Security-Policy"] and not answer.headers["Content-Length"]
        assert ask(store, accept_encoding=accepted, if_none_match='"other"').code == 200
    assert len(etags) == 4


def test_head_is_a_get_without_its_body(store, site):
    head, get = ask(store, method="HEAD"), ask(store)
    assert head.sent == b""
    assert head.headers.items() == get.headers.items()
    assert site.asked == ["/en/"]


def test_a_file_with_a_digest_in_its_name_is_handed_out_from_memory(store, site, settings):
    style = "body { color: black }" * 20
    site.site = lambda environ, start_response: (
        start_response("200 OK", [("Content-Type", "text/css"), ("Cache-Control", "max-age=315360000, immutable")])
        or [style.encode()]
    )
    path = f"{settings.STATIC_URL}css/base.0123456789ab.css"
    assert ask(store, path, accept_encoding="br").text == ask(store, path, accept_encoding="zstd").text == style
    assert site.asked == [path]
    Page.objects.update(order=1)
    see_change(store)
    assert ask(store, path).text == style
    assert site.asked == [path]


# What goes to the site itself


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "GETS", ""])
def test_other_methods_go_to_the_site(store, site, method):
    ask(store)
    ask(store, method=method)
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
        "/healthz",
        "/readyz",
        "/en",
        "/EN/",
        "//en/",
        "/en//",
        "/en/\x00/",
        "/en/%76ision/",
        "/en/vision/;a=b",
        "/en/vision/\n",
        "/en/wizja/",
        "/pl-PL/",
        "/en/zażółć/",
    ],
)
def test_what_is_no_stored_page_is_asked_of_the_site_each_time(store, site, path):
    codes = {ask(store, path).code for _ in range(2)}
    assert len(site.asked) == 2
    assert len(codes) == 1 and not codes & {500, 503}


def test_staff_read_the_site_itself_and_see_a_change_at_once(store, client, staff):
    ask(store, "/en/vision/")
    client.force_login(staff())
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    Page.objects.filter(kind="vision").update(title_en="Seen at once")
    assert "Seen at once" in ask(store, "/en/vision/", cookie=session).text
    assert "Seen at once" not in ask(store, "/en/vision/").text


def test_nothing_is_kept_of_an_answer_that_forbids_it(store, site):
    for name, value in [
        ("Set-Cookie", "a=b"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "private"),
        ("Vary", "Cookie"),
        ("Content-Security-Policy", "script-src 'nonce-abc'"),
    ]:
        site.asked.clear()
        site.site = lambda environ, start, header=(name, value): start("200 OK", [header]) or [b"for one"]
        ask(store)
        ask(store)
        assert len(site.asked) >= 2, name


# Change


def test_a_change_shows_to_the_next_who_asks(store):
    assert "Another vision" not in ask(store, "/en/vision/").text
    Page.objects.filter(kind="vision").update(title_en="Another vision")
    see_change(store)
    answer = ask(store, "/en/vision/")
    assert "Another vision" in answer.text
    assert answer.headers["Age"] is None


def test_a_page_that_is_taken_off_the_site_is_gone(store, make_store):
    ask(store, "/en/vision/")
    Page.objects.filter(kind="vision").update(is_published=False)
    see_change(store)
    assert ask(store, "/en/vision/").code == 404
    assert not [question for question, _ in make_store().disk.read() if question.path == "/en/vision/"]


@pytest.mark.parametrize("is_new_purpose", [True, False])
def test_a_new_notice_is_asked_where_the_old_answer_no_longer_holds(store, consent_cookie, is_new_purpose):
    cookie = consent_cookie()
    assert 'class="consent"' not in ask(store, cookie=cookie).text
    old = ask(store).text
    if is_new_purpose:
        Purpose.objects.create(name_en="Something else", description_en="New.")
    Notice.objects.update(heading_en="Another heading")
    version = NoticeVersion.objects.publish(asks_again=is_new_purpose)
    assert version.asks_again is is_new_purpose
    see_change(store)
    assert ('class="consent"' in ask(store, cookie=cookie).text) is is_new_purpose
    assert "Another heading" in ask(store).text and "Another heading" not in old


# Who gets which


def test_each_consent_state_gets_its_own_page_with_its_own_policy(store, film, consent_cookie, optional_purposes):
    see_change(store)
    films, counting = optional_purposes[0], optional_purposes[-1]
    for _ in range(2):
        asked = ask(store, "/en/vision/")
        objecting = ask(store, "/en/vision/", sec_gpc="1")
        refused = ask(store, "/en/vision/", cookie=consent_cookie())
        allowed = ask(store, "/en/vision/", cookie=consent_cookie(films, counting))
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
def test_a_broken_or_forged_cookie_is_no_answer(store, cookie):
    assert 'class="consent"' in ask(store, cookie=cookie).text


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
def test_everyone_gets_what_the_site_itself_would_answer(store, film, site, path, host, cookie, headers, query):
    from urllib.parse import parse_qsl, urlencode

    see_change(store)
    if cookie is not None:
        headers = headers | {"cookie": cookie.encode().decode("latin-1")}
    if "user_agent" in headers:
        headers["user_agent"] = headers["user_agent"].encode().decode("latin-1")
    from_store = ask(store, path, query, host=host, **headers)
    known = ("country", "page", "role") if path in ("/en/partners/", "/pl/partnerzy/") else ()
    last = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name in known}
    canonical = urlencode(sorted((name, value) for name, value in last.items() if value))
    own = {name: value for name, value in headers.items() if name in ("cookie", "sec_gpc", "dnt")}
    from_site = ask(site, path, canonical, host=host.lower(), **own)
    assert from_store.code == from_site.code == 200
    assert from_store.text == from_site.text
    policies = [answer.headers["Content-Security-Policy"].split("; ") for answer in (from_store, from_site)]
    assert sorted(policies[0]) == sorted(policies[1])


def test_nobodys_receipt_gets_into_a_page(store, consent_cookie):
    receipt = "SECR-ETRE-CEIP-T123"
    ask(store, cookie=consent_cookie(receipt=receipt))
    for kept in store.pages.kept.values():
        assert receipt.encode() not in kept.bodies["identity"]


def test_a_host_that_is_not_ours_gets_no_page_and_leaves_none(store, site):
    assert ask(store, host="evil.example").code == 400
    assert ask(store, x_forwarded_host="evil.example", x_forwarded_proto="https").code == 200
    assert "evil.example" not in ask(store).text
    assert 'href="http://localhost/en/"' in ask(store).text


def test_each_host_and_scheme_gets_its_own_addresses(store, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert 'href="http://unic.example/en/"' in ask(store, host="unic.example").text
    assert 'href="https://unic.example/en/"' in ask(store, host="unic.example", x_forwarded_proto="https").text
    assert 'href="http://localhost/en/"' in ask(store).text


# Made-up addresses


def test_made_up_parameters_get_the_same_page_and_never_reach_the_site(store, site):
    plain = ask(store)
    for number in range(1000):
        assert ask(store, query=f"utm_{number}={number}").sent == plain.sent
    assert ask(store, query="\xff=1&a=\xe9").sent == plain.sent
    assert site.asked == ["/en/"]


@pytest.mark.parametrize(
    "query", ["role=member&x=1", "x=1&role=member", "role=member&role=member", "role=&role=member"]
)
def test_the_same_question_in_other_words_is_answered_with_the_same_page(store, site, query):
    plain = ask(store, "/en/partners/", "role=member")
    assert ask(store, "/en/partners/", query).sent == plain.sent
    assert len(site.asked) == 1


def test_made_up_values_hosts_and_ports_push_no_page_out(make_store, site, monkeypatch):
    store = make_store(limit=1_000_000)
    see_change(store)
    real = ask(store).text
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "text/html")]) or [b"x" * 10_000]
    for number in range(300):
        ask(store, "/en/partners/", f"page={number}")
        ask(store, host=f"localhost:{number + 1}")
        ask(store, host=f"h{number}.wild.example")
    assert store.pages.size + store.odd.size <= 1_000_000
    assert len(store.odd.kept) < 20
    site.asked.clear()
    assert ask(store).text == real
    assert site.asked == []


def test_who_is_asked_for_least_recently_goes_first(make_store, site):
    store = make_store(limit=1_000_000)
    see_change(store)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 100_000]
    ask(store, "/en/")
    for number in range(12):
        ask(store, f"/en/partners/made-up-{number}/")
        ask(store, "/en/")
    assert store.pages.size <= 1_000_000
    assert site.asked.count("/en/") == 1
    site.asked.clear()
    ask(store, "/en/partners/made-up-0/")
    assert site.asked


@pytest.fixture
def listener(store):
    listener = Listener(store, "127.0.0.1", str(free_port()), "no server behind")
    listener.start()
    while listener.server is None:
        time.sleep(0.01)
    yield listener
    listener.loop.call_soon_threadsafe(listener.loop.stop)
    listener.join()


def say(connection: socket.socket, *headers: str) -> int:
    """Ask for the home page over a connection: the status."""
    connection.sendall("\r\n".join(["GET /en/ HTTP/1.1", "Host: localhost", *headers, "", ""]).encode())
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_made_up_words_of_requests_are_not_remembered_for_ever(store, listener):
    ask(store)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
        for number in range(MOST_KNOWN + 10):
            assert say(connection, f"X-Made-Up: {number}") == 200
    assert 0 < len(store.known) <= MOST_KNOWN


@pytest.fixture
def many_who_wait(store, listener, site):
    """More than can be served at once ask for pages that were never made, and for which no end is in sight."""
    ask(store)
    end = threading.Event()
    site.asked.clear()

    def never_done(environ, start):
        if "never" in environ["PATH_INFO"]:
            end.wait(30)
        return start("200 OK", [("Content-Type", "text/html")]) or [b"new"]

    site.site = never_done
    connections = [socket.create_connection(("127.0.0.1", listener.port), timeout=30) for _ in range(2 * MAKERS)]
    for number, connection in enumerate(connections):
        connection.sendall(f"GET /en/partners/never-{number}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    while len(site.asked) < MAKERS:
        time.sleep(0.01)
    yield
    end.set()
    for connection in connections:
        connection.close()


def test_a_page_that_was_made_waits_for_none_that_never_was(store, listener, site, many_who_wait):
    for kept in store.pages.kept.values():
        kept.generation = "another"
    store.known.clear()
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
        assert say(connection) == 200


def test_while_the_database_is_away_a_page_that_was_made_waits_for_nobody(
    store, listener, site, many_who_wait, monkeypatch
):
    store.lose_sight(OperationalError("away"))
    # Threads can do no more than the event loop does by itself.
    monkeypatch.setattr(listener, "renewers", listener.makers)
    for is_in_memory in (True, False):
        if not is_in_memory:
            store.pages.kept.clear()
            store.known.clear()
        with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
            connection.sendall(b"GET /en/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200 and int(answer.headers["Age"]) >= 0 and b"</html>" in answer.read()


def test_of_too_many_connections_the_oldest_has_to_go(store, listener):
    ask(store)
    listener.most_connections = 3
    connections = [socket.create_connection(("127.0.0.1", listener.port), timeout=30) for _number in range(3)]
    assert [say(connection) for connection in connections] == [200] * 3
    connections.append(socket.create_connection(("127.0.0.1", listener.port), timeout=30))
    assert [say(connection) for connection in connections[1:]] == [200] * 3
    with pytest.raises(ConnectionError):
        say(connections[0])
    for connection in connections:
        connection.close()


def test_who_stops_in_the_midst_of_a_form_is_hung_up_on_and_who_waits_for_the_answer_is_not(listener, monkeypatch):
    monkeypatch.setattr(listener_module, "SECONDS_STUCK", 1)
    head = b"POST /en/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as behind:
        behind.bind(f"{folder}/behind")
        behind.listen()
        listener.path = f"{folder}/behind"
        address = ("127.0.0.1", listener.port)
        with socket.create_connection(address, timeout=30) as whole:
            whole.sendall(head + b"whole")
            answering, _address = behind.accept()
            with socket.create_connection(address, timeout=30) as half:
                half.sendall(head + b"ha")
                assert half.recv(1) == b""
            answering.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            answering.close()
            assert whole.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_server_behind_that_says_nothing_is_said_to_be_so(store, listener):
    """It may have been killed, or be full."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as connection:
        assert say(connection, "Cookie: sessionid=1") == 503


def test_any_number_of_parameters_that_no_page_knows_changes_nothing(store, site):
    ask(store, "/en/partners/")
    site.asked.clear()
    query = "&".join(f"made-up-{number}={number}" for number in range(500))
    assert ask(store, "/en/partners/", query).code == 200 and site.asked == []


def test_too_long_a_query_goes_to_the_site(store, site):
    query = "page=" + "1" * 300
    ask(store, "/en/partners/", query)
    ask(store, "/en/partners/", query)
    assert len(site.asked) == 2 and not store.odd.kept


# Faults


def broken(environ, start_response):
    start_response("500 Internal Server Error", [("Content-Type", "text/html")])
    return [b"a fault"]


def test_a_page_that_can_not_be_made_is_sent_as_it_was_last_with_its_age(store, site):
    good = ask(store).text
    working, site.site = site.site, broken
    Alliance.objects.update(acronym="CINU")
    see_change(store)
    for _ in range(3):
        answer = ask(store)
        assert (answer.code, answer.text) == (200, good)
        assert answer.headers["Age"].isdecimal() and "last-good" in answer.headers["Cache-Status"]
    assert len(site.asked) == 2, "a fault is not tried again at once"
    assert ask(store, if_none_match="*").code == 304
    site.site = working
    for kept in store.pages.kept.values():
        kept.retry_at = 0
    assert "CINU" in ask(store).text


def test_while_the_database_is_away_pages_are_sent_and_no_time_is_lost_asking(store, site):
    good = ask(store).text
    store.lose_sight(OSError("away"))
    answer = ask(store)
    assert (answer.code, answer.text) == (200, good)
    assert answer.headers["Age"]
    assert len(site.asked) == 1
    see_change(store)
    assert ask(store).headers["Age"] is None
    assert len(site.asked) == 1, "nothing changed meanwhile"


def test_a_page_that_was_never_made_shows_the_fault(store, site):
    site.site = broken
    assert ask(store).code == 500
    assert not store.pages.kept


def test_a_page_that_many_ask_for_first_is_made_once_for_all(store, site):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    may_finish = Event()
    site.site = lambda environ, start: (
        (may_finish.wait(20) and start("200 OK", [("Content-Type", "text/html")])) or [b"for all"]
    )
    with ThreadPoolExecutor(16) as visitors:
        answers = [visitors.submit(ask, store) for _number in range(16)]
        while not store.flights:
            time.sleep(0.01)
        time.sleep(0.2)
        may_finish.set()
        assert {answer.result().text for answer in answers} == {"for all"}
    assert site.asked == ["/en/"]


def test_a_page_that_takes_too_long_is_sent_as_it_was_last(store, site, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    good, finished = ask(store).text, Event()
    site.site = lambda environ, start: (
        (finished.wait(20) and start("200 OK", [("Content-Type", "text/html")])) or [b"new"]
    )
    monkeypatch.setattr(front, "PATIENCE", 0.05)
    store.makers = ThreadPoolExecutor(1)
    Page.objects.update(order=2)
    see_change(store)
    assert ask(store).text == good, "who asks first waits no longer than is bearable"
    assert ask(store).text == good, "who asks next does not wait"
    assert site.asked == ["/en/", "/en/"], "it is made but once"
    finished.set()
    store.makers.shutdown()
    assert ask(store).text == "new"


# Made anew by themselves


class Warmed:
    """A store whose warmer runs, before a site of which a test says how long it takes for a page."""

    def __init__(self, store, site):
        self.store, self.site = store, site
        # What happens while a page is made.
        self.meanwhile = lambda path: None
        site.site = self.answer
        threading.Thread(target=store.keep_warm, daemon=True).start()

    def answer(self, environ, start_response):
        self.meanwhile(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/html")])
        return [f"{environ['PATH_INFO']} of {self.store.confirmed}".encode()]

    def visit(self, path: str, times: int):
        for _time in range(times):
            assert ask(self.store, path).code == 200

    def change(self, generation: str):
        self.site.asked.clear()
        self.store.confirm(generation)

    def made(self, *paths: str) -> bool:
        """Whether these pages were made by themselves, in this order, and no others for a while after."""
        end = time.monotonic() + 20
        while time.monotonic() < end and self.site.asked != list(paths):
            time.sleep(0.01)
        time.sleep(0.1)
        return self.site.asked == list(paths)


@pytest.fixture
def warmed(store, site):
    return Warmed(store, site)


def test_after_a_change_the_most_asked_pages_are_made_anew_first_by_themselves(warmed):
    for path, times in (("/en/", 2), ("/pl/", 5), ("/en/vision/", 9), ("/en/partners/", 3)):
        warmed.visit(path, times)
    warmed.change("second")
    assert warmed.made("/en/vision/", "/pl/", "/en/partners/", "/en/")
    assert ask(warmed.store, "/pl/").text == "/pl/ of second"
    assert len(warmed.site.asked) == 4, "who asks then is not who it is made for"


def test_what_nobody_asked_for_since_the_last_change_is_not_made_anew_by_itself(warmed):
    for path in ("/en/", "/pl/", "/en/vision/"):
        warmed.visit(path, 4)
    warmed.change("second")
    assert warmed.made("/en/", "/pl/", "/en/vision/")
    warmed.visit("/pl/", 1)
    warmed.change("third")
    assert warmed.made("/pl/")
    assert ask(warmed.store, "/en/").text == "/en/ of third", "it is made for the first who asks"


def test_a_newer_change_begins_anew_with_what_is_most_asked_by_then(warmed):
    for times, path in enumerate(["/pl/wizja/", "/en/partners/", "/en/vision/", "/pl/", "/en/"]):
        warmed.visit(path, 1 + times)

    has_begun, may_finish = threading.Event(), threading.Event()

    def take_long(path):
        if path == "/pl/" and not may_finish.is_set():
            has_begun.set()
            may_finish.wait(20)

    warmed.meanwhile = take_long
    warmed.change("second")
    assert has_begun.wait(20)
    warmed.visit("/pl/wizja/", 9)
    warmed.store.confirm("third")
    may_finish.set()
    assert warmed.made("/en/", "/pl/", "/pl/wizja/", "/pl/wizja/", "/en/vision/", "/en/partners/")
    # What was made for the change before, and that nobody asked for since, is left to who asks for it.
    outdated = {question.path for question, kept in warmed.store.pages.kept.items() if kept.generation != "third"}
    assert outdated == {"/en/", "/pl/"}


class WakesAtOnce(threading.Event):
    """Whoever waits for it goes on before whoever sets it does."""

    def set(self):
        super().set()
        time.sleep(0.1)


def test_what_is_made_anew_is_so_however_soon_it_is_begun(store, site):
    store.moved = WakesAtOnce()
    warmed = Warmed(store, site)
    warmed.visit("/en/", 2)
    warmed.change("second")
    assert warmed.made("/en/")
    assert ask(store).text == "/en/ of second"


def test_nothing_is_made_anew_while_the_database_is_away_and_the_rest_when_it_is_back(warmed):
    for times, path in enumerate(["/en/vision/", "/pl/", "/en/"]):
        warmed.visit(path, 1 + times)
    warmed.meanwhile = lambda path: warmed.store.lose_sight(OSError("away"))
    warmed.change("second")
    assert warmed.made("/en/")
    warmed.meanwhile = lambda path: None
    warmed.store.confirm("second")
    assert warmed.made("/en/", "/pl/", "/en/vision/")


# A restart


def test_after_a_restart_pages_are_there_before_the_database(store, make_store, site, consent_cookie):
    cookie = consent_cookie()
    good, refused = ask(store).text, ask(store, cookie=cookie).text
    after = make_store()
    after.lose_sight(OSError("away"))
    site.asked.clear()
    assert ask(after, accept_encoding="br").text == good
    assert ask(after, cookie=cookie).text == refused
    assert ask(after).headers["Age"]
    assert site.asked == []
    after.confirm(Generation.objects.current())
    assert ask(after).headers["Age"] is None
    assert site.asked == []


def test_a_page_that_changed_while_no_process_ran_is_made_anew(store, make_store, site):
    ask(store, "/en/vision/")
    Page.objects.filter(kind="vision").update(title_en="Changed meanwhile")
    after = make_store()
    assert "Changed meanwhile" in ask(after, "/en/vision/").text, "also before the watcher has seen the database"
    after.confirm(Generation.objects.current())
    assert "Changed meanwhile" in ask(after, "/en/vision/").text


def test_pages_of_an_older_program_are_but_the_last_resort(store, make_store, site, monkeypatch):
    good = ask(store).text
    monkeypatch.setattr(front, "build", lambda: "newer")
    after = make_store()
    after.confirm(Generation.objects.current())
    site.asked.clear()
    working, site.site = site.site, broken
    assert ask(after).text == good
    site.site = working
    for kept in after.pages.kept.values():
        kept.retry_at = 0
    assert ask(after).headers["Age"] is None
    assert site.asked == ["/en/", "/en/"]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-10], lambda content: b"", lambda content: content[:80] + b"!" + content[81:]]
)
def test_a_damaged_page_is_not_taken_up(store, make_store, damage):
    ask(store)
    (file,) = store.disk.pages()
    file.write_bytes(damage(file.read_bytes()))
    after = make_store()
    assert not after.pages.kept
    assert not file.exists()


@pytest.mark.parametrize(
    "state", [b"", b"[]", b'{"server_port": "80"}', b'{"rule": {"notice": 1}, "server_port": "80"}']
)
def test_a_state_that_another_program_wrote_keeps_nobody_from_starting(store, make_store, site, state):
    ask(store)
    (store.disk.folder / "state.json").write_bytes(state)
    after = make_store()
    assert not after.pages.kept
    see_change(after)
    assert ask(after).code == 200


def test_what_a_killed_process_left_half_written_is_cleared_away(store, make_store):
    left, being_written = store.disk.folder / "left.new", store.disk.folder / "being-written.new"
    for file in (left, being_written):
        file.write_bytes(b"half")
    os.utime(left, (0, 0))
    make_store()
    assert not left.exists() and being_written.exists()


def test_the_disk_holds_no_more_than_it_may(make_store, site):
    store = make_store(limit=1_000_000)
    see_change(store)
    site.site = lambda environ, start: start("200 OK", [("Content-Type", "image/png")]) or [b"x" * 90_000]
    for number in range(30):
        ask(store, f"/en/partners/made-up-{number}/")
    assert sum(file.stat().st_size for file in store.disk.pages()) <= 1_000_000
    assert not list(store.disk.folder.glob("*.new"))


def test_a_full_disk_keeps_no_visitor_from_a_page(store, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.disk, "write_whole", full)
    assert ask(store).code == ask(store).code == 200
