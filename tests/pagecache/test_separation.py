"""No response contains data of another request: visitors and staff, on many hosts, over persistent connections."""

import gzip
import json
import re
import socket
import sqlite3
from dataclasses import dataclass

import brotli
import pytest
import zstandard
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consent.receipt_number import RECEIPT_PATTERN
from tests.serving import Server

pytestmark = pytest.mark.once
DECODERS = {
    None: bytes,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
HOSTS = ["localhost", "localhost:8000", "unic.example", "UNIC.example", "a.wild.example", "b.wild.example"]
STAFF = ["anna", "berta"]
FILM, SCRIPT = "https://frames.video.example/embed/1", "data-script"
# Name of a visitor's answer → the providers that they allow.
ANSWERS = {"refusing": [], "counted": ["counter"], "watching": ["video"]}
# Prints the sessions of staff, and the consent cookie and two receipts of each answer.
FILL = f"""
import json
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from pages.models import Page
from search.indexing import index_changed_items
from tests.consent.factories import LINK, make_counter, make_video
from tests.consent.visitors import press
make_counter(publish=False)
make_video()
body = f'<p><a href="{{LINK.replace("&", "&amp;")}}">Film</a></p>'
Page.objects.filter(kind="vision").update(body_en=body, body_pl=body)
Page.objects.create(key="secret", title_en="Unpublished page", short_title_en="Unpublished page",
    description_en="None.", slug_en="unpublished-page", is_published=False)
sessions = {{}}
for name in {STAFF!r}:
    user = get_user_model().objects.create_user(f"signed-in-as-{{name}}", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
# The list of pages searches the index.
index_changed_items()
choices, receipts = {{}}, {{}}
for name, providers in {ANSWERS!r}.items():
    browsers = [Client(headers={{"host": "localhost"}}) for _number in range(2)]
    for browser in browsers:
        assert press(browser, "choose", providers=providers).status_code == 303
    choices[name] = browsers[0].cookies["cookie_consent"].coded_value
    receipts[name] = [browser.cookies["cookie_consent_receipt"].value for browser in browsers]
print(json.dumps([sessions, choices, receipts]))
"""
# Path → language.
PAGES = {
    "/en/": "en",
    "/pl/": "pl",
    "/en/vision/": "en",
    "/pl/wizja/": "pl",
    "/en/partners/": "en",
    "/pl/partnerzy/": "pl",
    "/en/search/": "en",
    "/pl/szukaj/": "pl",
    "/pl/nic/": "pl",
}
CACHED_PATHS = ["/en/", "/pl/", "/en/vision/", "/pl/wizja/", "/en/partners/", "/pl/partnerzy/"]
STAFF_PATHS = ["/admin/", "/admin/pages/page/?q=unpublished", "/styleguide/"]
OTHER_PATHS = ["/", "/robots.txt", "/sitemap.xml"]


class Site(Server):
    """The site with two signed-in members of staff and an unpublished page."""

    def __init__(self, folder):
        super().__init__(folder / "data", {"ALLOWED_HOSTS": "127.0.0.1,localhost,unic.example,.wild.example"})
        printed = self.manage("shell", "-v", "0", "-c", FILL, check=True).stdout
        self.sessions, self.choices, self.receipts = json.loads(printed)

    def consent_cookies(self, answer: str, receipt: str) -> list[str]:
        """Return the cookies of a visitor. `receipt` is the first or second of the answer, another's, or forged."""
        if answer not in ANSWERS:
            return []
        other = "watching" if answer == "counted" else "counted"
        first, second = self.receipts[answer]
        number = {"first": first, "second": second, "other": self.receipts[other][0], "forged": "AAAA-AAAA-AAAA-AAAA"}
        cookies = [f"cookie_consent={self.choices[answer]}"]
        return [*cookies, f"cookie_consent_receipt={number[receipt]}"] if receipt != "none" else cookies

    def change_content(self):
        """Make all cached pages outdated."""
        with sqlite3.connect(self.data / "db.sqlite3", timeout=20) as database:
            database.execute('UPDATE pages_page SET "order" = "order"')


@pytest.fixture(scope="module")
def site(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("separation")
    prepared("sqlite", folder)
    server = Site(folder)
    server.start()
    yield server
    server.stop()


@dataclass(frozen=True)
class Request:
    """A request. `who` is a member of staff, "a stranger" with an invalid session, or "nobody"."""

    who: str
    host: str
    path: str
    query: str
    answer: str
    receipt: str
    objects: bool
    language: str
    encoding: str
    method: str

    @property
    def is_staff(self) -> bool:
        return self.who in STAFF

    def head(self, site: "Site") -> bytes:
        path, _, query = self.path.partition("?")
        query = query if self.path in STAFF_PATHS else self.query
        session = {"a stranger": "abcdefghijklmnopqrstuvwxyz012345"} | site.sessions
        cookies = [f"sessionid={session[self.who]}"] if self.who in session else []
        cookies += site.consent_cookies(self.answer, self.receipt)
        lines = [f"{self.method} {path}{'?' * bool(query)}{query} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"Cookie: {'; '.join(cookies)}"] if cookies else []
        lines += ["Sec-GPC: 1"] if self.objects else []
        lines += [f"Accept-Language: {self.language}", f"Accept-Encoding: {self.encoding}", "", ""]
        return "\r\n".join(lines).encode()

    def check(self, status: int, headers: dict[str, str], text: str):
        """Check that the response has no data of another host, language, consent state, query or person."""
        self.check_person(status, headers, text)
        hosts = re.findall(r"http://((?:localhost|unic\.example|\w+\.wild\.example)(?::\d+)?)\b", text, re.IGNORECASE)
        assert {host.lower() for host in hosts} <= {self.host.lower()}
        if self.path in OTHER_PATHS:
            self.check_other(status, headers, hosts)
        elif self.path in PAGES:
            assert status == (404 if self.path == "/pl/nic/" else 200)
            assert headers["content-language"] == PAGES[self.path]
            if self.method == "GET":
                self.check_page(headers, text, hosts)

    def check_person(self, status: int, headers: dict[str, str], text: str):
        if not self.is_staff:
            assert "sessionid" not in headers.get("set-cookie", "").replace('sessionid="";', "")
            assert "signed-in-as" not in text and "Unpublished page" not in text
            if self.path in STAFF_PATHS:
                assert status == (404 if self.path == "/styleguide/" else 302)
        elif self.path in STAFF_PATHS:
            assert status == 200
            if self.path.startswith("/admin/") and self.method == "GET":
                assert set(re.findall(r"signed-in-as-(\w+)", text)) == {self.who}
                assert ("Unpublished page" in text) == (self.path != "/admin/")

    def check_other(self, status: int, headers: dict[str, str], hosts: list[str]):
        if self.path == "/":
            # The query is kept.
            assert (status, headers.get("location", "").partition("?")[0]) == (302, f"/{self.language}/")
        else:
            assert status == 200 and (hosts or self.method == "HEAD")

    def check_page(self, headers: dict[str, str], text: str, hosts: list[str]):
        language, policy = PAGES[self.path], headers["content-security-policy"]
        assert f'<html lang="{language}"' in text
        assert hosts or self.path not in CACHED_PATHS
        is_undecided = self.answer == "undecided"
        assert ('class="consent"' in text) == is_undecided
        assert ("consent-objection" in text) == (is_undecided and self.objects)
        is_recorded = self.receipt in ("first", "second")
        assert (SCRIPT in text) == ("stats.example" in policy) == (self.answer == "counted" and is_recorded)
        is_film_page = self.path in ("/en/vision/", "/pl/wizja/")
        has_film = self.answer == "watching" and is_recorded and is_film_page
        assert (f'src="{FILM}' in text) == ("video.example" in policy) == has_film
        is_personal = self.answer == "counted" or (self.answer == "watching" and is_film_page)
        assert (headers["cache-control"] == "private, no-store") == is_personal
        assert "x-accel-expires" not in headers or not is_personal
        assert not RECEIPT_PATTERN.search(text)
        # Links to other languages contain the query.
        sent = re.findall(r"(?:^|&)country=([A-Z]{2})(?=&|$)", self.query)
        assert set(re.findall(r"[?;]country=([A-Z]{2})", text)) <= set(sent)


class PersistentConnection:
    """A connection with pipelined requests."""

    def __init__(self, site: Site):
        self.site, self.waiting, self.socket = site, [], None

    def send(self, requests: list[Request], cut: int):
        """Send requests in one or two segments."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.site.port), timeout=30)
            self.stream = self.socket.makefile("rb")
        self.waiting += requests
        data = b"".join(request.head(self.site) for request in requests)
        for part in (data[:cut], data[cut:]):
            self.socket.sendall(part)

    def check_responses(self):
        """Read and check all responses. After a response with Connection: close there is no more data."""
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            status, headers, text = self.read(request.method)
            try:
                request.check(status, headers, text)
            except AssertionError as error:
                raise AssertionError(f"{request} got {status} {headers}") from error
            if headers.get("connection") == "close":
                assert self.stream.read() == b""
                self.close()
                return

    def read(self, method: str) -> tuple[int, dict[str, str], str]:
        status = int(self.stream.readline().split()[1])
        headers = {}
        while (line := self.stream.readline()) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.stream.read(int(headers.get("content-length", -1))) if method == "GET" else b""
        return status, headers, (DECODERS[headers.get("content-encoding")](body) if body else body).decode()

    def close(self):
        if self.socket:
            self.stream.close()
            self.socket.close()
            self.socket = None


QUERIES = st.lists(
    st.one_of(
        st.sampled_from(["country=SE", "country=PL", "country=FI", "role=member", "page=1", "page=99", "utm_source=a"]),
        st.sampled_from(["q=city", "next=/admin/", "sessionid=a", "cookie_consent=statistics=now", "page=2&page="]),
        # Characters of a query (RFC 3986, section 3.4).
        st.text("abcpy=%&;?/.+~:_-'(),*!@$0123456789", max_size=12),
    ),
    max_size=3,
).map("&".join)
REQUESTS = st.builds(
    Request,
    who=st.sampled_from(["nobody", "nobody", "nobody", "a stranger", *STAFF]),
    host=st.sampled_from(HOSTS),
    path=st.sampled_from([*PAGES, *PAGES, *PAGES, *STAFF_PATHS, *OTHER_PATHS]),
    query=QUERIES,
    answer=st.sampled_from(["undecided", *ANSWERS]),
    receipt=st.sampled_from(["first", "first", "second", "other", "forged", "none"]),
    objects=st.booleans(),
    language=st.sampled_from(["en", "pl"]),
    encoding=st.sampled_from(["identity", "gzip", "br", "zstd", "gzip, deflate, br, zstd"]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
)
# Number of the connection, requests, position between two segments, and connections that read their responses.
TURNS = st.lists(
    st.tuples(
        st.integers(0, 2), st.lists(REQUESTS, min_size=1, max_size=4), st.integers(0, 600), st.sets(st.integers(0, 2))
    ),
    min_size=1,
    max_size=6,
)


@given(turns=TURNS, changes=st.booleans())
# Without shrinking, which would send thousands of requests.
@pytest.mark.nightly
@settings(max_examples=30, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_no_response_has_data_of_another_host_language_consent_state_or_member_of_staff(site, turns, changes):
    if changes:
        site.change_content()
    connections = [PersistentConnection(site) for _number in range(3)]
    try:
        for number, requests, cut, readers in turns:
            connections[number].send(requests, cut)
            for other in readers:
                connections[other].check_responses()
        for connection in connections:
            connection.check_responses()
    finally:
        for connection in connections:
            connection.close()
