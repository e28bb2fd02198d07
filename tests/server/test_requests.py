"""Valid and hostile requests: each is answered or closed in time, and does not delay others."""

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
FORM = b"action=refuse&idempotency_key=%s&next=/en/"
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
    """A server with the same data and a shorter time limit for bodies."""
    server = Server(site.data, site.settings)
    server.start("tests.server.impatient:application")
    yield server
    server.stop()


class RawConnection:
    """A connection on which a test sends bytes."""

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
        """Return the status of the response, or 0 if the connection was closed without one."""
        return int((self.head().split() or ["", "0"])[1])

    def head(self) -> str:
        received = b""
        while b"\r\n\r\n" not in received:
            try:
                chunk = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not chunk:
                break
            received += chunk
        return received.decode("latin-1")


def decisions(site: Server) -> int:
    return int(site.manage("shell", "-v", "0", "-c", COUNT, check=True).stdout)


def form(name: str) -> bytes:
    """Return the form of a refusal, with an idempotency key derived from `name`."""
    return FORM % f"{zlib.crc32(name.encode()):032x}".encode()


def answers_others(site: Server) -> bool:
    """Whether a page that Django renders is sent without delay."""
    started_at = time.monotonic()
    with RawConnection(site) as connection:
        is_answered = connection.send("GET /en/search/?q=city HTTP/1.1", "Host: localhost").status() == 200
    return is_answered and time.monotonic() - started_at < PATIENCE / 4


# Name → function that sends a form, and the possible statuses (0: the connection is closed).
ENCODED_FORMS = {
    "content length": (lambda connection, body: connection.post(f"Content-Length: {len(body)}", body=body), {303}),
    "upgrade": (
        lambda connection, body: connection.post(
            "Connection: Upgrade, Upgrade", "Upgrade: h2c", f"Content-Length: {len(body)}", body=body
        ),
        {303},
    ),
    "expect": (
        lambda connection, body: connection.post("Expect: 100-continue", f"Content-Length: {len(body)}", body=body),
        {100, 303},
    ),
    "chunked": (
        lambda connection, body: connection.post(
            "Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        ),
        {303},
    ),
    "too large": (lambda connection, body: connection.post("Content-Length: 100001"), {413}),
    "too large, chunked": (
        lambda connection, body: connection.post(
            "Transfer-Encoding: chunked", body=b"186a1\r\n" + b"x" * 100_001 + b"\r\n0\r\n\r\n"
        ),
        {413, 0},
    ),
    "a length of 5,000 digits": (lambda connection, body: connection.post("Content-Length: " + "9" * 5000), {400, 413}),
    "with files": (
        lambda connection, body: connection.post("Content-Type: multipart/form-data; boundary=a", "Content-Length: 9"),
        {415},
    ),
}


@pytest.mark.parametrize("name", ENCODED_FORMS)
def test_a_form_is_answered_in_each_transfer_encoding(site, name):
    send, statuses = ENCODED_FORMS[name]
    with RawConnection(site) as connection:
        send(connection, form(name.replace(" ", "-")))
        assert connection.status() in statuses


INCOMPLETE = {
    "short": ["Content-Length: 200"],
    "short, chunked": ["Transfer-Encoding: chunked"],
    "upgrade": ["Connection: Upgrade, Upgrade", "Upgrade: h2c", "Content-Length: 200"],
    "expect": ["Expect: 100-continue", "Content-Length: 200"],
}


@pytest.mark.nightly
@pytest.mark.parametrize("kind", INCOMPLETE)
def test_incomplete_forms_occupy_no_thread_and_are_not_processed(site, kind):
    before = decisions(site)
    body = form("incomplete")
    if "chunked" in kind:
        body = b"%x\r\n%s\r\n" % (len(body), body)
    with ExitStack() as connections:
        incomplete = [connections.enter_context(RawConnection(site)) for _ in range(4 * THREADS)]
        for connection in incomplete:
            connection.post(*INCOMPLETE[kind], body=body)
        assert answers_others(site)
        # Half of them close the sending side, the others close the connection.
        for connection in incomplete[::2]:
            connection.socket.shutdown(socket.SHUT_WR)
        for connection in incomplete[::2]:
            assert connection.status() in (0, 100, 400)
    assert answers_others(site)
    assert decisions(site) == before


@pytest.mark.nightly
def test_slow_forms_are_refused_in_time_occupy_no_thread_and_are_not_processed(impatient_site):
    before = decisions(impatient_site)
    with ExitStack() as connections:
        started_at = time.monotonic()
        slow = [
            (connections.enter_context(RawConnection(impatient_site)), kind)
            for kind in (*INCOMPLETE, "silent")
            for _ in range(THREADS)
        ]
        for connection, kind in slow:
            connection.post(*INCOMPLETE.get(kind, ["Content-Length: 200"]))
        # Fewer bytes than announced, for longer than the time limit.
        ended = {}
        while len(ended) < len(slow) and time.monotonic() - started_at < PATIENCE:
            for connection, kind in slow:
                if connection in ended:
                    continue
                is_readable = bool(select([connection.socket], [], [], 0)[0])
                if is_readable and (status := connection.status()) != 100:
                    ended[connection] = status, time.monotonic() - started_at
                elif kind != "silent":
                    with suppress(ConnectionError):
                        connection.socket.sendall(b"1\r\na\r\n" if "chunked" in kind else b"a")
            assert answers_others(impatient_site)
            time.sleep(0.1)
    assert len(ended) == len(slow)
    assert {408} <= {status for status, _seconds in ended.values()} <= {0, 408}
    assert min(seconds for _status, seconds in ended.values()) > 2
    assert max(seconds for _status, seconds in ended.values()) < 12
    assert answers_others(impatient_site)
    assert decisions(impatient_site) == before


def test_the_response_to_a_refused_request_is_a_page_in_the_language_of_the_url_with_security_headers(site):
    with RawConnection(site) as connection:
        head = connection.post("Content-Length: 100001", path="/pl/pliki-cookie/").head()
        page = head + connection.socket.recv(65536).decode()
    assert head.startswith("HTTP/1.1 413")
    for header in ("content-security-policy: ", "x-content-type-options: nosniff", "permissions-policy: "):
        assert header in head
    assert '<html lang="pl"' in page


NON_ASCII_BYTES = [bytes([byte]) for byte in range(0x80, 0x100)]
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
    """Send a consent decision with a Cookie header, and return the cookies of the response."""
    body = f"action={action}&notice=1&next=/en/&idempotency_key={time.monotonic_ns():032x}".encode()
    lines = ["POST /en/cookies/decide/ HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: same-origin"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    head = "\r\n".join(lines).encode() + (b"\r\nCookie: " + cookie if cookie else b"")
    with RawConnection(site) as connection:
        connection.socket.sendall(head + b"\r\n\r\n" + body)
        answer = connection.head()
    assert answer.startswith("HTTP/1.1 303"), answer[:300]
    return cookies_in(answer)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("path", "is_correct"),
    [
        ("/en/", lambda page, receipt: b'class="consent"' not in page),
        ("/en/cookies/settings/", lambda page, receipt: b"checked" in page),
        ("/en/cookies/receipt/", lambda page, receipt: receipt in page),
        ("/admin/", lambda page, receipt: b"/admin/logout/" in page),
    ],
)
def test_another_cookie_with_any_byte_has_no_effect(site, path, is_correct):
    own = decide(site, "accept")
    receipt = own["cookie_consent_receipt"].encode()
    cookies = "; ".join(f"{name}={value}" for name, value in own.items())
    if path == "/admin/":
        session = site.manage("shell", "-v", "0", "-c", SIGN_IN, check=True).stdout.strip()
        cookies += f"; sessionid={session}"
    with RawConnection(site) as connection:
        for byte in NON_ASCII_BYTES:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; city=".encode() + byte
            connection.socket.sendall(request + f"; {cookies}\r\n\r\n".encode())
            head, _, start = connection.head().partition("\r\n\r\n")
            assert head.startswith("HTTP/1.1 200"), (byte, head[:200])
            length, page = int(re.search(r"(?i)content-length: (\d+)", head)[1]), start.encode("latin-1")
            while len(page) < length:
                page += connection.socket.recv(65536)
            assert is_correct(page, receipt), byte


@pytest.mark.nightly
def test_a_decision_with_another_cookie_with_any_byte_has_the_receipt_of_the_previous_one(site):
    own = decide(site, "accept")
    receipt = own["cookie_consent_receipt"]
    for number, byte in enumerate(NON_ASCII_BYTES):
        cookies = "; ".join(f"{name}={value}" for name, value in own.items()).encode()
        own = decide(site, ("refuse", "accept")[number % 2], b"city=" + byte + b"; " + cookies)
        assert own["cookie_consent_receipt"] == receipt, byte


def test_a_header_whose_name_has_an_underscore_has_no_effect(site):
    with RawConnection(site) as connection:
        connection.send("GET /en/ HTTP/1.1", "Host: localhost", "Sec_GPC: 1", "Connection: close")
        page = connection.head()
        while chunk := connection.socket.recv(65536):
            page += chunk.decode("latin-1")
    assert "consent-objection" not in page


def test_two_cookie_headers_are_read_as_one(site):
    choice = decide(site, "refuse")["cookie_consent"]
    with RawConnection(site) as connection:
        cookies = ("Cookie: a=b", f"Cookie: cookie_consent={choice}")
        connection.send("GET /en/ HTTP/1.1", "Host: localhost", *cookies, "Connection: close")
        page = connection.head()
        while chunk := connection.socket.recv(65536):
            page += chunk.decode("latin-1")
    assert page.startswith("HTTP/1.1 200") and 'class="consent"' not in page


def ask(site: Server, path: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers with their names in lower case, and body of the response to a GET request."""
    with RawConnection(site) as connection:
        connection.send(f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers)
        received = b""
        with suppress(ConnectionResetError):
            while chunk := connection.socket.recv(65536):
                received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    named = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in named}, body


def style_sheet(site: Server) -> str:
    return re.search(rb'href="(/static/css/site[^"]+)"', ask(site, "/en/")[2])[1].decode()


NO_ENCODING = ["gzip;q=0", "identity, gzip;q=0", "gzip; q=0.0", "br;q=0, zstd;q=0, gzip;q=0", "*;q=0", "x-gzip-really"]
RENDERED = ["/en/search/?q=unic", "/en/cookies/settings/", "/nothing/", "/admin/login/"]


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/en/", "/sitemap.xml", "style sheet", *RENDERED])
@pytest.mark.parametrize("accepted", NO_ENCODING)
def test_an_encoding_with_a_weight_of_zero_is_sent_nowhere(site, path, accepted):
    path = style_sheet(site) if path == "style sheet" else path
    assert ask(site, path, f"Accept-Encoding: {accepted}")[1].get("content-encoding") is None
    assert ask(site, path, f"Accept-Encoding: {accepted}, gzip;q=0.1")[1]["content-encoding"] == "gzip"


def test_a_part_of_a_file_is_not_sent_for_another_version_of_it(site):
    path = style_sheet(site)
    _status, headers, whole = ask(site, path)
    for version in ('"other"', f"W/{headers['etag']}", "Thu, 01 Jan 1970 00:00:00 GMT", "invalid"):
        status, _headers, body = ask(site, path, "Range: bytes=5-9", f"If-Range: {version}")
        assert (status, body) == (200, whole), version


FOLDERS = ["/media/", "/static/", "/static/css/", "/en/", "/", "/share/en/page/", "/admin/files/"]


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("length", [256, 4096, 7900])
def test_a_name_that_is_too_long_for_the_file_system_is_not_found(site, folder, length):
    for name in ("a" * length, f"{'a' * length}.0123456789ab.css", "%C4%99" * (length // 6)):
        status, _headers, _body = ask(site, folder + name)
        # Without a session, the admin asks to sign in.
        assert status == (302 if folder.startswith("/admin/") else 404), name[-20:]


@pytest.mark.parametrize(
    ("path", "headers", "status", "remedy"),
    [
        ("/pl/" + "a" * 8000, [], 414, "Skróć adres"),
        ("/pl/?q=" + "a" * 9000, [], 414, "Skróć adres"),
        ("/pl/", ["Cookie: a=" + "a" * 33_000], 431, "Usuń"),
        ("/pl/", [f"X-{number}: {'a' * 4000}" for number in range(9)], 431, "Usuń"),
    ],
)
def test_a_head_that_is_too_large_gets_a_page_that_says_what_to_do(site, path, headers, status, remedy):
    answer, received, body = ask(site, path, *headers)
    assert answer == status and remedy in body.decode() and '<html lang="pl"' in body.decode()
    assert received["cache-control"] == "no-cache" and "default-src 'none'" in received["content-security-policy"]


def test_a_large_head_within_the_limits_is_accepted(site):
    assert ask(site, "/en/?q=" + "a" * 7900)[0] == 200
    assert ask(site, "/en/", "Cookie: a=" + "a" * 31_000)[0] == 200


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "punycode", "ISO-8859-1", "utf-16"])
def test_a_query_is_read_as_utf8_whatever_content_type_a_request_without_a_body_has(site, charset):
    status, _headers, body = ask(
        site, "/en/search/?q=%C5%81%C3%B3d%C5%BA", f"Content-Type: text/html; charset={charset}"
    )
    assert status == 200 and 'value="Łódź"' in body.decode()


def test_healthz_answers_on_any_host(site):
    with RawConnection(site) as connection:
        head = connection.send("GET /healthz HTTP/1.1", "Host: any.example").head()
    assert head.startswith("HTTP/1.1 200") and "content-security-policy: default-src 'none'" in head
