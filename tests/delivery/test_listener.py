"""The port of a running site: what it hands out itself, what it passes on to the server behind, and what it refuses."""

import gzip
import http.client
import os
import re
import socket
import threading
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving import Server

pytestmark = pytest.mark.once
HOST = b"Host: localhost\r\n"
BROWSER = HOST + b"User-Agent: Browser/1.0\r\nAccept: text/html\r\nAccept-Language: pl\r\nAccept-Encoding: gzip, br\r\n"


@pytest.fixture(scope="module")
def site(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("listener")
    prepared("sqlite", folder)
    server = Server(folder / "data", {})
    server.start()
    yield server
    server.stop()


class Wire:
    """A connection to the site, on which a test writes every byte itself."""

    def __init__(self, site: Server, behind: bool = False):
        if behind:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(30)
            self.socket.connect(os.path.relpath(site.data / f"{site.port}.sock"))
        else:
            self.socket = socket.create_connection(("127.0.0.1", site.port), timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def say(self, *parts: bytes, pause: float = 0):
        for part in parts:
            self.socket.sendall(part)
            time.sleep(pause)

    def hear(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """One answer: status, headers, body."""
        answer = http.client.HTTPResponse(self.socket, method=method)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.read()
        # Django pads it by chance (its guard against BREACH).
        if headers.get("content-encoding") == "gzip" and body:
            body = gzip.decompress(body)
            del headers["content-length"]
        return answer.status, headers, body

    @property
    def is_closed(self) -> bool:
        return self.socket.recv(1) == b""


def ask(site: Server, request: bytes, behind: bool = False) -> tuple[int, dict[str, str], bytes]:
    with Wire(site, behind) as wire:
        wire.say(request)
        return wire.hear(request.split(b" ")[0].decode())


def read_all(wire: Wire, answers: int) -> list[tuple[int, dict[str, str], bytes]]:
    """Answers that may have come in one piece, told apart by their length."""
    stream, found = wire.socket.makefile("rb"), []
    for _number in range(answers):
        status = int(stream.readline().split()[1])
        headers = {}
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        found.append((status, headers, stream.read(int(headers["content-length"]))))
    return found


ASKED = {
    "a page": b"GET /en/ HTTP/1.1\r\n" + HOST,
    "as a browser": b"GET /pl/wizja/ HTTP/1.1\r\n" + BROWSER,
    "its head": b"HEAD /en/vision/ HTTP/1.1\r\n" + BROWSER,
    "unchanged": b"GET /en/ HTTP/1.1\r\nIf-None-Match: *\r\n" + HOST,
    "with an answer to the notice": b"GET /en/ HTTP/1.1\r\nCookie: cookie_consent=receipt=A|notice=1\r\n" + HOST,
    "with a signal": b"GET /en/ HTTP/1.1\r\nSec-GPC: 1\r\n" + HOST,
    "with a parameter that no page knows": b"GET /en/?utm_source=a HTTP/1.1\r\n" + HOST,
    "a filtered list": b"GET /en/partners/?country=PL HTTP/1.1\r\n" + HOST,
    "a made-up parameter in bytes of no alphabet": b"GET /en/vision/?a=\xff\xe9 HTTP/1.1\r\n" + HOST,
    "a parameter that is known in such bytes": b"GET /en/partners/?country=\xff HTTP/1.1\r\n" + HOST,
    "an address in other letters": b"GET /de/%C3%BCber/ HTTP/1.1\r\n" + BROWSER,
    "an address with a slash hidden": b"GET /en%2Fvision/ HTTP/1.1\r\n" + HOST,
    "two slashes": b"GET //en/vision/ HTTP/1.1\r\n" + HOST,
    "a whole address": b"GET http://localhost/en/vision/ HTTP/1.1\r\n" + HOST,
    "nothing there": b"GET /en/nothing/ HTTP/1.1\r\n" + BROWSER,
    "the start, by language": b"GET / HTTP/1.1\r\n" + BROWSER,
    "a search": b"GET /en/search/?q=city HTTP/1.1\r\n" + HOST,
    "another's host": b"GET /en/ HTTP/1.1\r\nHost: elsewhere.example\r\n",
    "no host": b"GET /en/ HTTP/1.1\r\n",
    "a header twice": b"GET /en/ HTTP/1.1\r\nDNT: 1\r\nDNT: 0\r\n" + HOST,
    "a part of a page": b"GET /en/ HTTP/1.1\r\nRange: bytes=0-9\r\n" + HOST,
    "staff": b"GET /admin/ HTTP/1.1\r\n" + HOST,
    "a method that no page has": b"DELETE /en/ HTTP/1.1\r\n" + HOST,
    "a body with a page": b"GET /en/ HTTP/1.1\r\nContent-Length: 2\r\n" + HOST,
}
# Said anew for each answer, or by the server behind alone.
OF_ONE_ANSWER = {"date", "server", "connection", "expires", "transfer-encoding", "keep-alive", "x-request-id"}


@pytest.mark.parametrize("request_head", ASKED.values(), ids=ASKED)
def test_a_request_is_answered_as_the_server_behind_answers_it(site, request_head):
    body = b"\r\nhi" if b"Content-Length" in request_head else b"\r\n"
    behind = ask(site, request_head + b"Connection: close\r\n" + body, behind=True)
    # The second answer is that to a request that is known word by word.
    for _time in range(2):
        status, headers, text = ask(site, request_head + body)
        assert (status, text) == (behind[0], behind[2])
        for name in (set(headers) | set(behind[1])) - OF_ONE_ANSWER:
            said = [sorted(one.get(name, "").split("; ")) for one in (headers, behind[1])]
            assert said[0] == said[1], name


COOKIES = st.lists(
    st.sampled_from(
        [
            "cookie_consent=receipt=A1-B2|notice=1",
            "cookie_consent=receipt=C3-D4|notice=1",
            "cookie_consent=receipt=A1|notice=1|statistics=now",
            'cookie_consent="receipt=A1|notice=1|media=-1"',
            "cookie_consent=statistics=now|receipt=A1|notice=1",
            "cookie_consent=receipt=|notice=1",
            "cookie_consent=receipt=A1|notice=0",
            "cookie_consent=receipt=A1|notice=1|receipt=",
            "cookie_consent=receipt=A1|x=receipt=B2|notice=1",
            "COOKIE_CONSENT=receipt=A1|notice=1",
            "other=cookie_consent=receipt=A1|notice=1",
            "cookie_consent=|receipt=A1|notice=1",
            "cookie_consent=receipt=A1|notice=1|Receipt=-1",
            'cookie_consent="receipt=A\\"1|notice=1"',
            "theme=dark",
            "",
        ]
    ),
    max_size=3,
)
SAID = st.lists(
    st.sampled_from(
        [
            "User-Agent: A",
            "user-agent: B (receipt=A1|notice=1)",
            "Accept-Language: pl",
            "Referer: http://localhost/?cookie_consent=receipt=A1",
            "Sec-Fetch-Site: none",
            "Sec-GPC: 1",
            "DNT: 1",
            "DNT: 1\t ",
            "Accept-Encoding: br",
            "Accept: Cookie: cookie_consent=receipt=A1|notice=1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-For: 192.0.2.8",
            "X-Forwarded-Host: evil.example",
            "Forwarded: host=evil.example",
            "X-Original-URL: /admin/",
            "X-HTTP-Method-Override: POST",
        ]
    ),
    unique=True,
    max_size=4,
)


@given(cookies=COOKIES, said=SAID, name=st.sampled_from(["Cookie", "cookie"]), is_last=st.booleans())
@settings(max_examples=150)
def test_whatever_a_request_says_it_gets_the_page_that_the_server_behind_would_send(site, cookies, said, name, is_last):
    lines = ["GET /en/vision/ HTTP/1.1", "Host: localhost", *said]
    lines.insert(1 + len(said) if is_last else 1, f"{name}: {'; '.join(cookies)}")
    request_head = "\r\n".join([*lines, ""]).encode()
    behind = ask(site, request_head + b"Connection: close\r\n\r\n", behind=True)
    for _time in range(2):
        status, headers, body = ask(site, request_head + b"\r\n")
        assert (status, headers["etag"], body) == (behind[0], behind[1]["etag"], behind[2])


def test_one_connection_serves_request_after_request(site):
    with Wire(site) as wire:
        for path in (b"/en/", b"/en/vision/", b"/en/", b"/pl/", b"/en/partners/?country=PL"):
            wire.say(b"GET " + path + b" HTTP/1.1\r\n" + BROWSER + b"\r\n")
            status, headers, body = wire.hear()
            assert (status, len(body)) == (200, int(headers["content-length"]))
            assert "connection" not in headers


def test_requests_in_one_piece_and_a_request_in_pieces_are_answered_in_their_order(site):
    page, head = b"GET /en/ HTTP/1.1\r\n" + HOST + b"\r\n", b"HEAD /en/ HTTP/1.1\r\n" + HOST + b"\r\n"
    other = b"GET /pl/ HTTP/1.1\r\n" + HOST + b"\r\n"
    alone = [ask(site, one)[2] for one in (page, other)]
    with Wire(site) as wire:
        wire.say(page + other + page + other[:20])
        wire.say(*(other[20 + at : 21 + at] for at in range(len(other) - 20)))
        assert [body for _status, _headers, body in read_all(wire, 4)] == alone * 2
        wire.say(head)
        assert wire.hear("HEAD")[2] == b""


def test_a_request_that_was_passed_on_is_the_last_of_its_connection(site):
    with Wire(site) as wire:
        wire.say(b"GET /en/search/?q=city HTTP/1.1\r\n" + HOST + b"Connection: keep-alive\r\n\r\n")
        status, headers, body = wire.hear()
        assert status == 200 and b"CityLabs" in body
        assert headers["connection"] == "close" and wire.is_closed


def test_who_asks_on_while_a_request_is_passed_on_hears_its_answer_all_the_same(site):
    passed, page = b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /en/ HTTP/1.1\r\n" + HOST + b"\r\n"
    statuses = []
    for number in range(200):
        with Wire(site) as wire:
            wire.say(passed + page * (number % 4), page, page, page, pause=0.0002 * (number % 20))
            statuses.append(wire.hear("HEAD")[0])
            assert wire.is_closed
    assert statuses == [302] * 200


@pytest.mark.parametrize("last", [b"GET /en/ HTTP/1.0\r\n", b"GET /en/ HTTP/1.1\r\nConnection: close\r\n"])
def test_who_wants_one_answer_gets_one_and_the_end(site, last):
    for _time in range(2):
        with Wire(site) as wire:
            wire.say(last + HOST + b"\r\n")
            status, headers, _body = wire.hear()
            assert (status, headers["connection"]) == (200, "close") and wire.is_closed


def test_who_says_no_more_still_hears_the_answer(site):
    for path in (b"/en/vision/", b"/en/search/?q=city"):
        with Wire(site) as wire:
            wire.say(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.hear()[0] == 200


REFUSED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": b"POST /en/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + HOST + b"\r\n",
    "two ways to tell the length": b"POST /en/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"
    + HOST
    + b"\r\n",
    "a space before the colon": b"GET /en/ HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a line that ends early": b"GET /en/ HTTP/1.1\r\nX: a\nHost: localhost\r\n\r\n",
    "a carriage return within": b"GET /en/ HTTP/1.1\r\nX: a\rb\r\n" + HOST + b"\r\n",
    "the name of another visitor": b"GET /admin/ HTTP/1.1\r\nX-Site-Peer: 192.0.2.7\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("request_head", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request_is_refused_and_the_connection_ends(site, request_head):
    with Wire(site) as wire:
        wire.say(request_head)
        assert wire.hear()[0] == 400 and wire.is_closed


def test_a_head_that_never_ends_is_refused(site):
    with Wire(site) as wire:
        wire.say(b"GET /en/ HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 33_000)
        assert wire.hear()[0] == 431


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"Cookie: " + b"a" * 9000, 431),
        (b"X-Long: " + b"a" * 8000 + b"\r\nX-Longer: " + b"a" * 8000, 200),
        (b"Accept-Encoding: " + b"br, " * 1000 + b"br", 200),
        (b"Accept-Encoding: gzip", 200),
    ],
)
def test_a_line_may_be_as_long_as_a_server_takes_it(site, line, status):
    assert ask(site, b"GET /en/ HTTP/1.1\r\n" + HOST + line + b"\r\n\r\n")[0] == status


@pytest.mark.parametrize("host", [b"localhost:" + b"0" * 5000 + b"1", b"localhost:000080", b"a" * 300])
def test_a_host_that_pages_could_not_name_is_refused(site, host):
    """Each page names its host, the site map thousands of times."""
    assert ask(site, b"GET /sitemap.xml HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0] == 400


def test_an_address_longer_than_any_page_has_is_not_found(site):
    assert ask(site, b"GET /en/" + b"a" * 2000 + b"/ HTTP/1.1\r\n" + HOST + b"\r\n")[0] == 404


def test_a_cookie_made_up_to_take_time_takes_none(site):
    page = b"GET /en/ HTTP/1.1\r\n" + HOST + b'Cookie: a="' + b'\\"' * 4000 + b'"\r\n\r\n'
    with Wire(site) as wire:
        wire.say(page)
        assert wire.hear()[0] == 200
        workers = psutil.Process(site.process.pid).children()
        before = sum(worker.cpu_times().user for worker in workers)
        for _time in range(100):
            wire.say(page)
            wire.hear()
        # Unquoted, it would take some 50 ms each time.
        assert sum(worker.cpu_times().user for worker in workers) - before < 1


@pytest.mark.parametrize("path", [b"/en/", b"/en/nothing/?x=1", b"/en/partners?x=1", b"/en/partners/?page=99"])
def test_who_asks_for_a_head_hears_no_body_whoever_answers(site, path):
    with Wire(site) as wire:
        wire.say(b"HEAD " + path + b" HTTP/1.1\r\n" + HOST + b"\r\nGET /robots.txt HTTP/1.1\r\n" + HOST + b"\r\n")
        stream = wire.socket.makefile("rb")
        while stream.readline() != b"\r\n":
            pass
        assert stream.readline() in (b"HTTP/1.1 200 OK\r\n", b"")


def test_the_server_behind_learns_whose_request_it_is_and_believes_nobody_else(site):
    _status, headers, page = ask(site, b"GET /admin/login/ HTTP/1.1\r\n" + HOST + b"\r\n")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = b"username=nobody&password=wrong&csrfmiddlewaretoken=" + token
    for spoof in (b"X_Site_Peer: 192.0.2.7\r\n", b"X-Forwarded-For: 192.0.2.8\r\n"):
        status, _headers, _page = ask(
            site,
            b"POST /admin/login/ HTTP/1.1\r\n"
            + HOST
            + spoof
            + b"Cookie: %s\r\n" % headers["set-cookie"].partition(";")[0].encode()
            + b"Origin: http://localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + b"Content-Length: %d\r\n\r\n" % len(form)
            + form,
        )
        assert status == 200
    show = "from axes.models import AccessAttempt; print(*AccessAttempt.objects.values_list('ip_address', flat=True))"
    assert set(site.manage("shell", "-v", "0", "-c", show, check=True).stdout.split()) == {"127.0.0.1"}


def form(origin: bytes, length: int) -> tuple[bytes, bytes]:
    """The head and the body of a form of so many bytes."""
    body = b"action=refuse&next=" + b"x" * length
    head = b"POST /en/cookies/decide/ HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return head + b"Origin: " + origin + b"\r\nContent-Length: %d\r\n" % len(body) + HOST + b"\r\n", body


def test_a_large_form_arrives_whole_also_in_pieces(site):
    head, body = form(b"http://localhost", 300_000)
    with Wire(site) as wire:
        wire.say(head, *(body[at : at + 50_000] for at in range(0, len(body), 50_000)), pause=0.02)
        status, headers, _text = wire.hear()
        assert status == 303 and "cookie_consent" in headers["set-cookie"]


def test_who_is_refused_before_all_was_sent_hears_why(site):
    head, body = form(b"http://elsewhere.example", 2_000_000)
    with Wire(site) as wire:
        wire.say(head, *(body[at : at + 100_000] for at in range(0, len(body), 100_000)), pause=0.02)
        assert wire.hear()[0] == 403


def test_who_hangs_up_before_all_was_said_holds_up_nobody(site):
    """More of them than the server behind has threads."""
    head, body = form(b"http://localhost", 100)
    for _time in range(30):
        with Wire(site) as wire:
            wire.say(head + body[:50])
    assert ask(site, b"GET /en/search/?q=city HTTP/1.1\r\n" + HOST + b"\r\n")[0] == 200
    for worker in psutil.Process(site.process.pid).children():
        assert len(worker.net_connections("tcp")) < 10


def test_who_asks_and_never_reads_costs_nobody_else_anything(site):
    workers = psutil.Process(site.process.pid).children()
    before = sum(worker.memory_info().rss for worker in workers)
    page = b"GET /en/ HTTP/1.1\r\n" + HOST + b"\r\n"
    with Wire(site) as wire:
        wire.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            for _time in range(2000):
                wire.socket.sendall(page * 1000)
        assert ask(site, page)[0] == 200
        assert sum(worker.memory_info().rss for worker in workers) - before < 100_000_000
        wire.socket.settimeout(30)
        assert all(status == 200 for status, _headers, _body in read_all(wire, 500))


def test_what_was_begun_is_sent_to_its_end_when_the_site_is_stopped(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    site = Server(tmp_path / "data", {})
    site.start()
    page = b"GET /en/ HTTP/1.1\r\n" + HOST + b"\r\n"
    with Wire(site) as wire:
        wire.say(page * 600)
        time.sleep(0.5)
        stopping = threading.Thread(target=site.stop)
        stopping.start()
        answers = read_all(wire, 600)
        stopping.join()
    assert {(status, len(body)) for status, _headers, body in answers} == {(200, len(answers[0][2]))}
    assert not Path(site.data / f"{site.port}.sock").exists()
