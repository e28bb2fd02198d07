"""Requests as anyone may send them: each is answered or ended in time, and costs nobody else anything."""

import re
import socket
import time
import zlib
from contextlib import ExitStack, suppress
from select import select

import pytest

from server.pool import THREADS
from tests.serving import PATIENCE, Server

pytestmark = pytest.mark.once
DECIDE = "/en/cookies/decide/"
FORM = b"action=refuse&attempt=%s&next=/en/"
COUNT = "from consent.models import Decision; print(Decision.objects.count())"


@pytest.fixture(scope="module")
def site(prepared, tmp_path_factory) -> Server:
    folder = tmp_path_factory.mktemp("requests")
    prepared("sqlite", folder)
    server = Server(folder / "data", {"CONSENT_SEAL_MINUTES": "0"})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def impatient_site(site) -> Server:
    """Another server of the same data, which waits less long for a body."""
    server = Server(site.data, site.settings)
    server.start("tests.server.impatient:application")
    yield server
    server.stop()


class Wire:
    """A connection on which a test writes each byte itself."""

    def __init__(self, site: Server):
        self.socket = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def send(self, *lines: str, body: bytes = b""):
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return self

    def post(self, *headers: str, path: str = DECIDE, body: bytes = b""):
        named = ["Host: localhost", "Sec-Fetch-Site: same-origin"]
        if not any(header.startswith("Content-Type") for header in headers):
            named.append("Content-Type: application/x-www-form-urlencoded")
        return self.send(f"POST {path} HTTP/1.1", *named, *headers, body=body)

    def status(self) -> int:
        """The status of the answer; 0 where the connection was closed without one."""
        return int((self.head().split() or ["", "0"])[1])

    def head(self) -> str:
        received = b""
        while b"\r\n\r\n" not in received:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            received += piece
        return received.decode("latin-1")


def decisions(site: Server) -> int:
    return int(site.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout)


def form(name: str) -> bytes:
    """A refusal; the hexadecimal name of the attempt is made of `name`."""
    return FORM % f"{zlib.crc32(name.encode()):032x}".encode()


def answers_others(site: Server) -> bool:
    """Whether a page that Django has to render is answered at once."""
    began = time.monotonic()
    with Wire(site) as wire:
        is_answered = wire.send("GET /en/search/?q=city HTTP/1.1", "Host: localhost").status() == 200
    return is_answered and time.monotonic() - began < PATIENCE / 4


# Name → how the request is sent, and the statuses that answer it (0: the connection is closed).
SENDINGS = {
    "whole": (lambda wire, body: wire.post(f"Content-Length: {len(body)}", body=body), {303}),
    "upgrade": (
        lambda wire, body: wire.post(
            "Connection: Upgrade, Upgrade", "Upgrade: h2c", f"Content-Length: {len(body)}", body=body
        ),
        {303},
    ),
    "expect": (
        lambda wire, body: wire.post("Expect: 100-continue", f"Content-Length: {len(body)}", body=body),
        {100, 303},
    ),
    "chunked": (
        lambda wire, body: wire.post("Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
        {303},
    ),
    "too large": (lambda wire, body: wire.post("Content-Length: 100001"), {413}),
    "too large, chunked": (
        lambda wire, body: wire.post(
            "Transfer-Encoding: chunked", body=b"186a1\r\n" + b"x" * 100_001 + b"\r\n0\r\n\r\n"
        ),
        {413, 0},
    ),
    "a length of 5,000 digits": (lambda wire, body: wire.post("Content-Length: " + "9" * 5000), {400, 413}),
    "with files": (
        lambda wire, body: wire.post("Content-Type: multipart/form-data; boundary=a", "Content-Length: 9"),
        {415},
    ),
}


@pytest.mark.parametrize("sending", SENDINGS)
def test_each_way_to_send_a_form_is_answered(site, sending):
    send, statuses = SENDINGS[sending]
    with Wire(site) as wire:
        send(wire, form(sending.replace(" ", "-")))
        assert wire.status() in statuses


INCOMPLETE = {
    "short": ["Content-Length: 200"],
    "short, chunked": ["Transfer-Encoding: chunked"],
    "upgrade": ["Connection: Upgrade, Upgrade", "Upgrade: h2c", "Content-Length: 200"],
    "expect": ["Expect: 100-continue", "Content-Length: 200"],
}


@pytest.mark.parametrize("kind", INCOMPLETE)
def test_any_number_of_unfinished_forms_holds_no_thread_and_is_never_acted_on(site, kind):
    before = decisions(site)
    body = form("unfinished")
    if "chunked" in kind:
        body = b"%x\r\n%s\r\n" % (len(body), body)
    with ExitStack() as wires:
        unfinished = [wires.enter_context(Wire(site)) for _ in range(4 * THREADS)]
        for wire in unfinished:
            wire.post(*INCOMPLETE[kind], body=body)
        assert answers_others(site)
        # Half of them say that nothing more comes, the others just go.
        for wire in unfinished[::2]:
            wire.socket.shutdown(socket.SHUT_WR)
        for wire in unfinished[::2]:
            assert wire.status() in (0, 100, 400)
    assert answers_others(site)
    assert decisions(site) == before


def test_slow_forms_are_ended_in_time_hold_no_thread_and_are_never_acted_on(impatient_site):
    before = decisions(impatient_site)
    with ExitStack() as wires:
        began = time.monotonic()
        slow = [
            (wires.enter_context(Wire(impatient_site)), kind)
            for kind in (*INCOMPLETE, "silent")
            for _ in range(THREADS)
        ]
        for wire, kind in slow:
            wire.post(*INCOMPLETE.get(kind, ["Content-Length: 200"]))
        # Fewer bytes than were announced, for longer than the server waits.
        ended = {}
        while len(ended) < len(slow) and time.monotonic() - began < PATIENCE:
            for wire, kind in slow:
                if wire not in ended and select([wire.socket], [], [], 0)[0] and (status := wire.status()) != 100:
                    ended[wire] = status, time.monotonic() - began
                elif wire not in ended and kind != "silent":
                    with suppress(ConnectionError):
                        wire.socket.sendall(b"1\r\na\r\n" if "chunked" in kind else b"a")
            assert answers_others(impatient_site)
            time.sleep(0.1)
    assert len(ended) == len(slow)
    assert {408} <= {status for status, _seconds in ended.values()} <= {0, 408}
    assert min(seconds for _status, seconds in ended.values()) > 2
    assert max(seconds for _status, seconds in ended.values()) < 12
    assert answers_others(impatient_site)
    assert decisions(impatient_site) == before


def test_an_answer_to_a_refused_request_is_a_page_in_the_language_of_its_address_with_all_headers(site):
    with Wire(site) as wire:
        head = wire.post("Content-Length: 100001", path="/pl/pliki-cookie/").head()
        page = head + wire.socket.recv(65536).decode()
    assert head.startswith("HTTP/1.1 413")
    for header in ("content-security-policy: ", "x-content-type-options: nosniff", "permissions-policy: "):
        assert header in head
    assert '<html lang="pl"' in page


FOREIGN = [bytes([byte]) for byte in range(0x80, 0x100)]
SIGN_IN = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.create_superuser("root"))
print(client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


def cookies_in(head: str) -> dict[str, str]:
    return dict(re.findall(r"(?im)^set-cookie: ([^=]+)=([^;]+)", head))


def decide(site: Server, action: str, cookie: bytes = b"") -> dict[str, str]:
    """Decide with a Cookie header, and return the cookies of the answer."""
    body = f"action={action}&next=/en/&attempt={time.monotonic_ns():032x}".encode()
    lines = ["POST /en/cookies/decide/ HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: same-origin"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    head = "\r\n".join(lines).encode() + (b"\r\nCookie: " + cookie if cookie else b"")
    with Wire(site) as wire:
        wire.socket.sendall(head + b"\r\n\r\n" + body)
        answer = wire.head()
    assert answer.startswith("HTTP/1.1 303"), answer[:300]
    return cookies_in(answer)


@pytest.mark.parametrize(
    ("path", "is_as_usual"),
    [
        ("/en/", lambda page, receipt: b'class="consent"' not in page),
        ("/en/cookies/settings/", lambda page, receipt: b"checked" in page),
        ("/en/cookies/receipt/", lambda page, receipt: receipt in page),
        ("/admin/", lambda page, receipt: b"/admin/logout/" in page),
    ],
)
def test_a_foreign_cookie_with_any_byte_changes_nothing(site, path, is_as_usual):
    own = decide(site, "accept")
    receipt = own["cookie_consent_receipt"].encode()
    cookies = "; ".join(f"{name}={value}" for name, value in own.items())
    if path == "/admin/":
        session = site.manage("shell", "-v", "0", "-c", SIGN_IN, check=True).stdout.strip()
        cookies += f"; sessionid={session}"
    with Wire(site) as wire:
        for byte in FOREIGN:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; city=".encode() + byte
            wire.socket.sendall(request + f"; {cookies}\r\n\r\n".encode())
            head, _, start = wire.head().partition("\r\n\r\n")
            assert head.startswith("HTTP/1.1 200"), (byte, head[:200])
            length, page = int(re.search(r"(?i)content-length: (\d+)", head)[1]), start.encode("latin-1")
            while len(page) < length:
                page += wire.socket.recv(65536)
            assert is_as_usual(page, receipt), byte


def test_a_decision_beside_a_foreign_cookie_with_any_byte_follows_the_one_before(site):
    own = decide(site, "accept")
    receipt = own["cookie_consent_receipt"]
    for number, byte in enumerate(FOREIGN):
        cookies = "; ".join(f"{name}={value}" for name, value in own.items()).encode()
        own = decide(site, ("refuse", "accept")[number % 2], b"city=" + byte + b"; " + cookies)
        assert own["cookie_consent_receipt"] == receipt, byte


def test_a_header_whose_name_has_an_underscore_does_not_pass_for_another(site):
    with Wire(site) as wire:
        wire.send("GET /en/ HTTP/1.1", "Host: localhost", "Sec_GPC: 1", "Connection: close")
        page = wire.head()
        while piece := wire.socket.recv(65536):
            page += piece.decode("latin-1")
    assert "consent-objection" not in page


def test_two_cookie_headers_are_read_as_one(site):
    choice = decide(site, "refuse")["cookie_consent"]
    with Wire(site) as wire:
        cookies = ("Cookie: a=b", f"Cookie: cookie_consent={choice}")
        wire.send("GET /en/ HTTP/1.1", "Host: localhost", *cookies, "Connection: close")
        page = wire.head()
        while piece := wire.socket.recv(65536):
            page += piece.decode("latin-1")
    assert page.startswith("HTTP/1.1 200") and 'class="consent"' not in page


def test_the_server_is_healthy_whatever_its_threads_do(site):
    with Wire(site) as wire:
        head = wire.send("GET /healthz HTTP/1.1", "Host: any.example").head()
    assert head.startswith("HTTP/1.1 200") and "content-security-policy: default-src 'none'" in head
