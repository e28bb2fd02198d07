"""deploy/nginx.conf in a real nginx over TLS: the responses that it caches, their keys, and its error pages."""

import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from consent.variants import VaryRule
from pagecache.cache import VARY
from pagecache.key import cache_key
from pagecache.response import CachedPage
from server.environ import wsgi_environ
from tests.pagecache.conftest import DECODERS, asgi_scope
from tests.server.nginx import NAME, PRODUCTION, PROXY, VISITOR, Nginx
from tests.serving import PATIENCE, ROOT, Server

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is missing; on Debian: sudo apt install nginx-light"),
]
# Since version 1.25.1, which has another directive.
HTTP2_WARNING = 'the "listen ... http2" directive is deprecated'
CHANGE = "from pages.models import Page; Page.objects.filter(kind='vision').update(title_en='{}')"
DECIDE = "/en/cookies/decide/"
# More than the bursts of the limits.
REQUESTS = 700
FILM, SCRIPT = b"https://frames.video.example/embed/1", b"data-script"
DECLARE = """
from pages.models import Page
from tests.consent.factories import LINK, make_counter, make_video
make_counter(publish=False)
make_video()
Page.objects.filter(kind="vision").update(body_en=f'<p><a href="{LINK.replace("&", "&amp;")}">Film</a></p>')
"""


@pytest.fixture(scope="module")
def nginx(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    # The worker processes of nginx may run as another user.
    folder.chmod(0o755)
    prepared("sqlite", folder)
    site = Server(folder / "data", PRODUCTION)
    site.manage("write_error_pages", "--to", str(folder / "error-pages"), check=True)
    site.start()
    nginx = Nginx(folder, site).start()
    yield nginx
    nginx.stop()
    site.stop()


def choose(nginx: Nginx, action: str) -> str:
    """Send a consent decision, and return the Cookie header with the cookies of the response."""
    (notice,) = set(re.findall(rb'name="notice" value="(\d+)"', nginx.ask("/en/").body))
    form = f"action={action}&notice={notice.decode()}&next=/en/&idempotency_key={time.time_ns()}"
    response = nginx.ask(DECIDE, "POST", form)
    assert response.status == 303
    cookies = response.headers.get_all("Set-Cookie")
    return "; ".join(cookie.partition(";")[0] for cookie in cookies if "Max-Age=0" not in cookie)


def asks(response: http.client.HTTPResponse) -> bool:
    """Whether a page asks for consent."""
    return b'class="consent"' in response.body


def test_nginx_accepts_the_configuration(nginx):
    checked = subprocess.run(
        ["nginx", "-t", "-c", nginx.folder / "nginx.conf"], capture_output=True, text=True, timeout=PATIENCE
    )
    lines = [line for line in checked.stderr.splitlines() if HTTP2_WARNING not in line and "[warn]" not in line]
    assert checked.returncode == 0, checked.stderr
    assert len(lines) == 2 and lines[0].endswith("syntax is ok"), lines


def test_a_page_is_cached_and_equals_the_page_of_the_site(nginx):
    for accepted in ("identity", "gzip", "br", "zstd", "gzip, deflate, br, zstd"):
        for _ in range(2):
            own = nginx.ask_site("/en/vision/", Accept_Encoding=accepted)
            page = nginx.ask("/en/vision/", Accept_Encoding=accepted)
            assert (page.status, page.body) == (200, own.body)
            for name in ("ETag", "Content-Encoding", "Content-Security-Policy", "Cache-Control", "Content-Language"):
                assert page.headers[name] == own.headers[name], name
            assert page.headers["X-Accel-Expires"] is None and page.headers["Strict-Transport-Security"]
    assert nginx.is_cached("/en/vision/")


def test_the_site_sends_the_header_that_allows_caching_first_and_with_304_too(nginx):
    page = nginx.ask_site("/en/vision/")
    unchanged = nginx.ask_site("/en/vision/", If_None_Match=page.headers["ETag"])
    assert unchanged.status == 304
    for answer in (page, unchanged):
        names = [name.lower() for name, _value in answer.getheaders()]
        assert names.index("x-accel-expires") < names.index("cache-control")
        assert abs(int(answer.headers["X-Accel-Expires"].removeprefix("@")) - time.time()) < 10


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0,zstd;q=0.5", "zstd"),
        ("br;q=.0, zstd;q=.5", "zstd"),
        ("gzip;q=.0", None),
        ("gzip;q=0", None),
        ("x-gzip", "gzip"),
        ("brx", None),
        ("gzip;q=0, x-gzip", None),
        ("x-gzip, gzip;q=0.0", None),
        ("x-gzip;q=0, gzip", "gzip"),
    ],
)
def test_an_encoding_with_a_weight_of_zero_is_not_sent(nginx, accepted, encoding):
    assert nginx.ask("/en/vision/", Accept_Encoding=accepted).headers["Content-Encoding"] == encoding


@pytest.mark.parametrize(
    "path",
    [
        "/en/search/?q=city",
        "/en/cookies/settings/",
        "/en/cookies/receipt/",
        "/admin/login/",
        "/readyz",
        "/en/vision/?utm_source=letter",
        "/en/partners/?country=XX&invented=1",
        "/",
        "/en/invented-page/",
        "/en/partners/invented-university/",
        "/en/%76ision/",
        "/en/vision/#invented",
        "/en/vision/?#invented",
    ],
)
def test_personal_responses_and_invented_urls_are_never_cached(nginx, path):
    for _ in range(2):
        assert nginx.ask(path).status in (200, 302, 404)
    assert not nginx.is_cached(path)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "gzip"),
        ("zstd, gzip", "gzip"),
        ("br", None),
        ("br, gzip;q=0", None),
        ("gzip", "gzip"),
    ],
)
def test_a_page_that_is_rendered_for_each_request_is_compressed(nginx, accepted, encoding):
    page = nginx.ask("/en/search/?q=city", Accept_Encoding=accepted)
    assert (page.status, page.headers["Content-Encoding"]) == (200, encoding)


def test_conditions_that_the_site_does_not_read_have_no_effect(nginx):
    for headers in ({"If_Match": '"x"'}, {"If_Unmodified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        for _ in range(2):
            nginx.ask("/en/vision/")
            page = nginx.ask("/en/vision/", **headers)
            assert page.status == 200 and page.headers["Content-Security-Policy"]
            assert page.body == nginx.ask_site("/en/vision/").body


def test_each_location_that_ends_in_a_slash_has_one_without_it(nginx):
    paths = re.findall(r"location (?:= )?(/\S+)/ \{[^}]*proxy_pass", (ROOT / "deploy/nginx.conf").read_text())
    assert paths == ["/admin", "/preview"]
    for path in paths:
        answer, own = nginx.ask(path), nginx.ask_site(path)
        assert (answer.status, answer.headers["Location"]) == (own.status, own.headers["Location"])
        assert answer.headers["Cache-Control"] and answer.headers["Content-Security-Policy"]


def test_previews_are_never_cached(nginx):
    assert nginx.ask("/preview/?link=x").status == 410
    assert not nginx.is_cached("/preview/?link=x")


def test_consent_cookies_that_the_site_did_not_write_are_never_cached(nginx):
    accepted = re.search(r'cookie_consent="([^"]+)"', choose(nginx, "accept"))[1]
    names, moment = [entry.partition("=")[0] for entry in accepted.split("|")], re.search("=(2[^|]+)", accepted)[1]
    for invented in (
        "notice=99",
        "notice=1|invented=-1",
        accepted.replace(moment, "now"),
        accepted.replace(moment, "2026-01-01T00:00:00+00:00"),
        "|".join(f"{name}={'1' if name == 'notice' else '-1'}" for name in reversed(names)),
        f"{accepted}|notice=1",
        f"invented|{accepted}",
        "invented",
    ):
        cookie = f'__Host-cookie_consent="{invented}"'
        for _ in range(2):
            page = nginx.ask("/en/vision/", Cookie=cookie)
            assert page.status == 200 and page.body == nginx.ask_site("/en/vision/", Cookie=cookie).body
        assert not nginx.is_cached("/en/vision/", cookie.partition("=")[2]), invented
    assert nginx.ask("/en/vision/", Cookie=f'__Host-cookie_consent="{accepted}"').status == 200
    assert nginx.is_cached("/en/vision/", f'"{accepted}"')


def test_uploads_have_a_separate_cache(nginx):
    nginx.ask("/en/vision/")
    assert nginx.ask("/media/invented.png").status == 404
    folders = {key.partition("|")[0]: folder for key, folder in nginx.cached.items()}
    assert folders["/media/invented.png"] == "cache-media" and folders["/en/vision/"] == "cache"


def test_each_consent_choice_gets_its_own_page(nginx):
    refused, accepted = choose(nginx, "refuse"), choose(nginx, "accept")
    for _ in range(3):
        assert asks(nginx.ask("/en/"))
        assert not asks(nginx.ask("/en/", Cookie=refused))
        assert not asks(nginx.ask("/en/", Cookie=accepted))
        assert not asks(nginx.ask("/en/", Cookie=f"city=Łódź; {refused}; a=b".encode().decode("latin-1")))
    answer = nginx.ask("/en/cookies/settings/", Cookie=accepted)
    assert b"checked" in answer.body


def test_visitors_with_the_same_choice_share_a_page_but_no_receipt(nginx):
    choices = [choose(nginx, "refuse") for _ in range(2)]
    texts = {re.search(r"cookie_consent=([^;]+)", cookie)[1] for cookie in choices}
    receipts = {re.search(r"cookie_consent_receipt=([^;]+)", cookie)[1] for cookie in choices}
    assert len(texts) == 1 and len(receipts) == 2
    assert not any(receipt in text for receipt in receipts for text in texts)


def test_each_cookie_of_the_site_has_the_prefix_that_only_this_host_can_set(nginx):
    decided = nginx.ask(DECIDE, "POST", f"action=refuse&idempotency_key={time.time_ns()}")
    first = nginx.ask(DECIDE, "POST", "action=refuse", Accept="text/html")
    names = set()
    for response in (decided, first, nginx.ask("/admin/login/")):
        for cookie in response.headers.get_all("Set-Cookie"):
            names.add(cookie.partition("=")[0])
            attributes = {attribute.strip().partition("=")[0] for attribute in cookie.split(";")}
            assert {"Path=/", "Secure"} <= set(cookie.split("; ")) and "Domain" not in attributes, cookie
    shared = {"cookie_consent", "cookie_consent_receipt", "cookie_consent_idempotency", "csrftoken"}
    assert names == {f"__Host-{name}" for name in shared}


def test_a_choice_that_another_host_of_the_domain_sets_counts_for_nothing(nginx):
    accepted = choose(nginx, "accept")
    for tossed in (accepted.replace("__Host-", ""), accepted.replace("__Host-", "\xc2\xa0__Host-")):
        for _ in range(2):
            assert asks(nginx.ask("/en/vision/", Cookie=tossed))
        settings_page = nginx.ask("/en/cookies/settings/", Cookie=tossed)
        assert b"checked" not in settings_page.body and settings_page.headers["Set-Cookie"] is None


# Cookies that nginx and Django could parse differently.
ODD_COOKIES = [
    # Of another host of the domain, which cannot set the prefix.
    "cookie_consent={refused}",
    "cookie_consent={accepted}; __Host-cookie_consent={refused}",
    "__Host-cookie_consent={refused}; cookie_consent={accepted}",
    "\xe2\x80\x83__Host-cookie_consent={refused}",
    "__Host-cookie_consent={refused}; __Host-cookie_consent={accepted}",
    "__Host-cookie_consent={accepted}; __Host-cookie_consent={refused}",
    "__Host-Cookie_Consent={refused}",
    "__HOST-COOKIE_CONSENT={refused}; __Host-cookie_consent=",
    "__Host-cookie_consent =  {refused}",
    "a=b;__Host-cookie_consent={refused}",
    "__Host-cookie_consent={refused} ; a=b",
    'a="b; __Host-cookie_consent={refused}; c"',
    '__Host-cookie_consent="\\156otice=1"',
    "x__Host-cookie_consent={refused}",
    "__Host-cookie_consent",
    "__Host-cookie_consent=notice=99999999999999999999",
    "__Host-cookie_consent=\xb3",
]


@pytest.mark.parametrize("odd", ODD_COOKIES)
def test_an_odd_cookie_gets_the_response_of_the_site_and_does_not_change_the_pages_of_others(nginx, odd):
    refused, accepted = (
        re.search(r"cookie_consent=([^;]+)", choose(nginx, action))[1] for action in ("refuse", "accept")
    )
    cookie = odd.format(refused=refused, accepted=accepted)
    for _ in range(2):
        answer, own = nginx.ask("/en/vision/", Cookie=cookie), nginx.ask_site("/en/vision/", Cookie=cookie)
        assert (answer.status, answer.body) == (own.status, own.body)
    assert asks(nginx.ask("/en/vision/"))
    assert not asks(nginx.ask("/en/vision/", Cookie=f"__Host-cookie_consent={refused}"))


@pytest.mark.parametrize(
    "headers", [{"Sec_GPC": "1"}, {"DNT": "1"}, {"Sec_GPC": "1,1"}, {"Sec_GPC": "10"}, {"Sec_GPC": "0", "DNT": "0"}]
)
def test_only_the_value_1_of_an_objection_signal_is_an_objection(nginx, headers):
    for _ in range(2):
        answer = nginx.ask("/en/", **headers)
        assert answer.body == nginx.ask_site("/en/", **headers).body
        assert (b"consent-objection" in answer.body) == (not {"1", "1,1"}.isdisjoint(headers.values()))
    assert b"consent-objection" not in nginx.ask("/en/").body


# Headers of requests for a cached page. The first ones change the page or its encoding.
PAGE_DEPENDS_ON = [
    {"Sec_GPC": "1"},
    {"DNT": "1"},
    {"Accept_Encoding": "br"},
    {"Accept_Encoding": "gzip"},
    {"Cookie": "__Host-cookie_consent=notice=1"},
]
HEADERS = [
    *PAGE_DEPENDS_ON,
    {"Accept_Language": "pl"},
    {"Cookie": "sessionid=abc"},
    {"Cookie": "django_language=pl"},
    {"Cookie": "csrftoken=abc"},
    {"User_Agent": "Mozilla/5.0 (iPhone)"},
    {"X_Forwarded_Host": "evil.example"},
    {"X_Forwarded_For": "192.0.2.9"},
    {"Save_Data": "on"},
    {"Authorization": "Basic YTpi"},
    {"Origin": "https://evil.example"},
    {"X_Requested_With": "XMLHttpRequest"},
    {"Sec_Fetch_Mode": "cors"},
]
# The host is in the key of nginx. Conditional and range requests are answered from the cached page.
HANDLED_BY_NGINX = {"HTTP_HOST", "HTTP_IF_NONE_MATCH", "HTTP_RANGE"}


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("path", ["/en/", "/pl/partnerzy/", "/sitemap.xml"])
def test_the_order_of_requests_with_different_headers_has_no_effect(nginx, headers, path):
    with_headers, without = nginx.ask_site(path, **headers), nginx.ask_site(path)
    for first, second in ((headers, {}), ({}, headers)):
        for sent in (first, second):
            answer, own = nginx.ask(path, **sent), with_headers if sent else without
            assert (answer.status, answer.body) == (own.status, own.body)


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_the_key_of_nginx_has_a_header_exactly_if_the_page_depends_on_it(nginx, headers):
    page, other = nginx.ask_site("/en/transformation/"), nginx.ask_site("/en/transformation/", **headers)
    assert (page.body != other.body) == (headers in PAGE_DEPENDS_ON)
    subprocess.run(["find", nginx.folder / "cache", "-type", "f", "-delete"], check=True)
    for sent in ({}, headers):
        for _ in range(2):
            assert nginx.ask("/en/transformation/", **sent).status == 200
    assert len([key for key in nginx.cached if key.startswith("/en/transformation/|")]) == 1 + (
        headers in PAGE_DEPENDS_ON
    )


class RecordingEnviron(dict):
    """WSGI environment that records which headers are read."""

    def __init__(self, *args):
        super().__init__(*args)
        self.read: set[str] = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)

    def __contains__(self, name):
        self.read.add(name)
        return super().__contains__(name)

    @property
    def headers(self) -> set[str]:
        return {name for name in self.read if name.startswith("HTTP_")}


def test_nginx_has_each_header_that_the_cache_key_reads_and_no_other():
    rule = VaryRule(notice=1, asked_since=1, providers=())
    environ = RecordingEnviron(wsgi_environ(asgi_scope("/en/", "", "GET", "localhost", {})))
    assert cache_key(environ, rule)
    CachedPage([], {"identity": b"page"}, "", "", 0.0).response(environ)
    depends_on = environ.headers - HANDLED_BY_NGINX
    assert {name.removeprefix("HTTP_").replace("_", "-") for name in depends_on} == set(VARY.upper().split(", "))
    assert {f"HTTP_{name.upper()}" for headers in PAGE_DEPENDS_ON for name in headers} == depends_on
    configuration = (ROOT / "deploy/nginx.conf").read_text()
    ignored = {"HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}
    assert {name.upper() for name in re.findall(r"\$(http_\w+)", configuration)} - ignored == depends_on
    assert f'"~{settings.SESSION_COOKIE_NAME}" 1;' in configuration
    assert f"(?:^|; ?)__Host-{settings.COOKIE_CONSENT_NAME}=(" in configuration


@pytest.mark.nightly
def test_a_change_is_visible_within_two_seconds(nginx):
    nginx.ask("/en/vision/")
    for title in ("Changed once", "Changed twice"):
        nginx.site.manage("shell", "-v", "0", "-c", CHANGE.format(title), check=True)
        changed = time.monotonic()
        while title.encode() not in nginx.ask("/en/vision/").body:
            assert time.monotonic() - changed < 2 * 3, "three times as long, because other tests run at the same time"
            time.sleep(0.1)


@pytest.mark.nightly
def test_a_deleted_page_stays_deleted_while_the_site_is_down(nginx):
    create = (
        "from pages.models import Page; Page.objects.create(key='short', title_en='Short-lived',"
        " short_title_en='Short', description_en='-', slug_en='short-lived', is_published=True)"
    )
    nginx.site.manage("shell", "-v", "0", "-c", create, check=True)
    until(lambda: nginx.ask("/en/short-lived/").status == 200)
    delete = "from pages.models import Page; Page.objects.get(key='short').delete()"
    nginx.site.manage("shell", "-v", "0", "-c", delete, check=True)
    until(lambda: nginx.ask("/en/short-lived/").status in (404, 410))
    os.killpg(nginx.site.process.pid, signal.SIGSTOP)
    try:
        time.sleep(1.1)
        assert nginx.ask("/en/short-lived/").status in (404, 410)
    finally:
        os.killpg(nginx.site.process.pid, signal.SIGCONT)


def until(condition: Callable[[], object], seconds: float = 20):
    """Wait until the condition is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.nightly
def test_a_changed_header_is_sent_although_the_page_is_the_same(nginx):
    before = nginx.ask("/en/vision/").headers["Strict-Transport-Security"]
    port, previous = nginx.site.port, nginx.site.settings
    nginx.site.stop()
    try:
        nginx.site.settings = previous | {"HSTS_INCLUDE_SUBDOMAINS": "true"}
        nginx.site.start(port=port)
        until(lambda: nginx.ask("/en/vision/").headers["Strict-Transport-Security"] == f"{before}; includeSubDomains")
    finally:
        nginx.site.stop()
        nginx.site.settings = previous
        nginx.site.start(port=port)
    until(lambda: nginx.ask("/en/vision/").headers["Strict-Transport-Security"] == before)


CREATE_PICTURE = """
from io import BytesIO
from django.core.files.base import ContentFile
from PIL import Image
from alliance.models import Deliverable
from pictures.models import Picture
written = BytesIO()
Image.new("RGB", (800, 600), (10, 120, 90)).save(written, "PNG")
picture = Picture(name="Green", alt_en="Green.", file=ContentFile(written.getvalue(), name="green.png"))
picture.full_clean()
picture.save()
Deliverable.objects.filter(key="seamless-mobility").update(cover=picture)
"""
DELETE_PICTURE = """
from alliance.models import Deliverable
from pictures.models import Picture
Deliverable.objects.update(cover=None)
Picture.objects.filter(name="Green").delete()
"""


@pytest.mark.nightly
def test_a_deleted_picture_is_not_found_within_two_seconds_and_while_the_site_is_down(nginx):
    nginx.site.manage("shell", "-v", "0", "-c", CREATE_PICTURE, check=True)

    def addresses() -> list[str]:
        return re.findall(r"/media/[^\s\"]+", nginx.ask("/en/deliverables/seamless-mobility/").body.decode())

    until(addresses)
    picture = addresses()[0]
    for headers in ({"Accept_Encoding": "br"}, {"Sec_GPC": "1"}, {}):
        assert nginx.ask(picture, Accept="image/*", **headers).status == 200
    assert nginx.is_cached(picture)
    nginx.site.manage("shell", "-v", "0", "-c", DELETE_PICTURE, check=True)
    until(lambda: nginx.ask(picture, Accept="image/*").status == 404, 2 * 3)
    until(lambda: not addresses())
    os.killpg(nginx.site.process.pid, signal.SIGSTOP)
    try:
        time.sleep(1.1)
        for headers in ({"Accept_Encoding": "br"}, {"Sec_GPC": "1"}, {}):
            assert nginx.ask(picture, Accept="image/*", **headers).status == 404
    finally:
        os.killpg(nginx.site.process.pid, signal.SIGCONT)
    until(lambda: nginx.ask("/readyz").status == 200)


def test_while_the_site_hangs_cached_pages_are_sent_within_six_seconds(nginx):
    # nginx does not cache a stale page, which a busy site may send first.
    until(lambda: "stale" not in nginx.ask("/en/", Accept_Encoding="br").getheader("Cache-Status", ""))
    page = nginx.ask("/en/", Accept_Encoding="br").body
    os.killpg(nginx.site.process.pid, signal.SIGSTOP)
    try:
        time.sleep(1.1)
        started_at = time.monotonic()
        assert nginx.ask("/en/", Accept_Encoding="br").body == page
        assert time.monotonic() - started_at < 6
    finally:
        os.killpg(nginx.site.process.pid, signal.SIGCONT)
    until(lambda: nginx.ask("/readyz").status == 200)


@pytest.mark.nightly
def test_while_the_site_is_down_cached_pages_are_sent_and_others_are_503_in_the_language_of_the_url(nginx):
    refused = choose(nginx, "refuse")
    page = nginx.ask("/en/", Cookie=refused).body
    style = re.search(rb'href="(/static/css/site[^"]+)"', page)[1].decode()
    assert nginx.ask(style).status == 200
    port = nginx.site.port
    nginx.site.stop()
    try:
        time.sleep(1.1)
        for _ in range(2):
            assert nginx.ask("/en/", Cookie=refused).body == page
        assert nginx.ask(style).status == 200
        for path, language in (("/pl/nigdy/", "pl"), ("/fi/ei-koskaan/", "fi"), ("/nowhere", "en")):
            answer = nginx.ask(path)
            assert answer.status == 503 and answer.headers["Retry-After"]
            assert f'<html lang="{language}"'.encode() in answer.body
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert nginx.ask(DECIDE, "POST", "action=refuse").status == 503
        # Without a session, each form of the admin is a sign-in form.
        paths = itertools.cycle(("/admin/login/", "/admin/pages/page/add/", "/admin/"))
        statuses = [nginx.ask(next(paths), "POST", "a=b", visitor="127.0.0.3").status for _ in range(250)]
        assert set(statuses[:50]) == {503} and 429 in statuses[-3:]
        # Empty the cache with the command in docs/deployment.md.
        (command,) = re.findall("`(find .* -delete)`", (ROOT / "docs/deployment.md").read_text())
        command = command.replace("/var/cache/nginx/unic", f"{nginx.folder}/cache")
        subprocess.run(command.split(), check=True)
        assert nginx.ask("/en/", Cookie=refused).status == nginx.ask(style).status == 503
    finally:
        nginx.site.start(until="/healthz", port=port)
    until(lambda: nginx.ask("/en/", Cookie=refused).body == page)
    assert nginx.is_cached("/en/")


def test_a_form_that_is_too_large_gets_an_error_page_in_the_language_of_the_url(nginx):
    answer = nginx.ask("/pl/pliki-cookie/", "POST", "a" * 200_000)
    assert answer.status == 413 and b'<html lang="pl"' in answer.body


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/pl/" + "a" * 9000, {}, 414),
        ("/pl/", {"Cookie": "a=" + "a" * 9000}, 431),
        ("/pl/", {f"X_{number}": "a" * 7000 for number in range(6)}, 431),
    ],
)
def test_a_head_that_is_too_large_gets_a_page_that_says_what_to_do(nginx, path, headers, status):
    answer = nginx.ask(path, **headers)
    # nginx does not know an address that it did not read to its end, and so not its language.
    heading = {414: "This address is too long", 431: "wysyła za dużo danych"}[status]
    assert answer.status == status and heading in answer.body.decode()
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Content-Security-Policy"]


def test_the_address_of_an_error_page_is_not_found_as_on_the_site(nginx):
    for path in ("/400.html", "/431.html", "/503.html"):
        answer, own = nginx.ask(path), nginx.ask_site(path)
        assert (answer.status, answer.body) == (own.status, own.body) and own.status == 404


CREATE_REDIRECT = """
from pages.models import Redirect
redirect = Redirect(old_path="/Zdjęcie?id=5", new_path="/en/partners/?a=1#part")
redirect.full_clean(exclude=["key"])
redirect.save()
"""
REDIRECTED = {
    "/zdj%C4%99cie?utm=x&id=5": "/en/partners/?a=1&utm=x#part",
    "/ZDJ%C4%98CIE/?id=5": "/en/partners/?a=1#part",
    "/EN/": "/en/",
    "/en": "/en/",
    "/en/Partners/?utm=x": "/en/partners/?utm=x",
    "/de/partnerzy/": "/de/partner/",
    "//en//partners/": "/en/partners/",
    "/en/partners).": "/en/partners/",
    "/en/partners/%3E": "/en/partners/",
    "/Admin/": "/admin/",
    "/admin": "/admin/",
    "/pl/partnerzy/university-of-lodz/?utm=x": "/pl/partnerzy/uniwersytet-lodzki/?utm=x",
}


@pytest.mark.nightly
def test_redirects_and_typed_addresses_are_the_same_as_on_the_site_and_no_browser_keeps_them(nginx):
    nginx.site.manage("shell", "-v", "0", "-c", CREATE_REDIRECT, check=True)
    for path, location in REDIRECTED.items():
        for _ in range(2):
            for answer in (nginx.ask(path), nginx.ask_site(path)):
                assert (answer.status, answer.headers["Location"]) == (301, location), path
                assert answer.headers["Cache-Control"] == "no-cache" and answer.headers["Content-Security-Policy"]
    for path in ("/nowhere", "/en/nowhere", "/EN//nowhere).", "/en/partners/nowhere", "/zdj%C4%99cie"):
        answer, own = nginx.ask(path), nginx.ask_site(path)
        assert (answer.status, answer.body) == (own.status, own.body) and answer.status == 404, path


# Addresses and headers that both nginx and the site accept.
SEGMENTS = "en EN pl de partners partnerzy Vision wizja cookies search media static admin share timeline feed.xml"
SEGMENTS += " robots.txt nowhere . %2e %C4%99 %ff 400.html ) %3E %0A"
PATHS = some.lists(some.sampled_from(["", "a" * 300, *SEGMENTS.split()]), max_size=5).map("/".join)
QUERIES = some.sampled_from(["", "?", "?page=2", "?page=%00", "?q=%C2%85x", "?country=DE&page=9", "?utm=x", "?a=b#c"])
VALUES = some.text(some.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
SENT = some.fixed_dictionaries(
    {},
    optional={
        "Accept_Encoding": some.sampled_from(["gzip", "br;q=0, gzip;q=.5", "*;q=0", "zstd, x"]) | VALUES,
        "Accept_Language": some.sampled_from(["pl", "de_AT", "-BE,fi;q=.1"]) | VALUES,
        "Cookie": VALUES.map(lambda text: f"cookie_consent={text}") | VALUES,
        "DNT": some.sampled_from(["1", "0", "１".encode().decode("latin-1")]),
        "If_None_Match": VALUES,
        "Accept": VALUES,
        "Content_Type": some.sampled_from(["hex", "latin-1"]).map("text/html; charset={}".format) | VALUES,
    },
)
# Differ between two responses to the same request.
RANDOM = re.compile(rb'csrfmiddlewaretoken" value="[^"]+|nonce-[^\']+|nonce="[^"]+')


@pytest.mark.nightly
@hypothesis_settings(max_examples=150)
@given(PATHS, QUERIES, SENT)
def test_any_address_with_any_headers_gets_the_answer_of_the_site_and_no_error(nginx, path, query, headers):
    answers = [ask(f"/{path}{query}", **headers) for ask in (nginx.ask, nginx.ask_site, nginx.ask)]
    assert answers[0].status < 500
    seen = {
        (answer.status, answer.headers["Location"], answer.headers["Content-Type"], RANDOM.sub(b"", decoded(answer)))
        for answer in answers
    }
    assert len(seen) == 1


def decoded(answer: http.client.HTTPResponse) -> bytes:
    return DECODERS.get(answer.headers["Content-Encoding"], bytes)(answer.body)


def test_plain_http_is_redirected_to_https_and_other_hosts_get_no_response(nginx):
    def ask(host: str):
        connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port, timeout=PATIENCE)
        connection.request("GET", "/en/vision/?a=b", headers={"Host": host})
        answer = connection.getresponse()
        connection.close()
        return answer

    answer = ask(NAME)
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/en/vision/?a=b")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask("evil.example")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        nginx.ask("/en/vision/", Host="evil.example")
    with socket.create_connection(("127.0.0.1", nginx.port)) as plain, pytest.raises(ssl.SSLError):
        nginx.trust.wrap_socket(plain, server_hostname="evil.example")


FORGED = {"X_Forwarded_Proto": "http", "X_Forwarded_For": "192.0.2.7", "X_Forwarded_Host": "evil.example"}


@pytest.mark.nightly
def test_nginx_overwrites_forged_headers_about_the_client(nginx):
    page = nginx.ask("/admin/login/", **FORGED)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body.decode())[1]
    cookie = page.headers["Set-Cookie"]
    assert "; Secure" in cookie
    statuses = [
        nginx.ask(
            "/admin/login/",
            "POST",
            f"csrfmiddlewaretoken={token}&username=somebody&password=wrong",
            Cookie=cookie.partition(";")[0],
            Referer=f"https://{NAME}/admin/login/",
            **FORGED | {"X_Forwarded_For": f"192.0.2.{number}"},
        ).status
        for number in range(20)
    ]
    # Each of the two workers counts attempts separately.
    assert statuses[0] == 200 and statuses[-1] == 429


@pytest.mark.nightly
def test_hundreds_of_decisions_from_one_address_are_accepted(nginx):
    with nginx.connect() as tls_socket:
        connection = http.client.HTTPConnection(NAME)
        connection.sock = tls_socket
        for number in range(200):
            connection.request(
                "POST",
                DECIDE,
                f"action=refuse&next=/en/&idempotency_key=burst-{number}",
                {
                    "Host": NAME,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Sec-Fetch-Site": "same-origin",
                },
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 303, number


@pytest.mark.parametrize(("path", "is_limited"), [("/healthz?q=city", True), ("/%68ealthz", True), ("/healthz", False)])
def test_requests_that_the_cache_cannot_answer_are_limited(nginx, path, is_limited):
    statuses = ask_often(nginx, path, [f"192.0.2.{len(path)}"])
    assert statuses[:300] == [200] * 300
    assert (429 in statuses) == is_limited


def test_the_addresses_of_a_network_of_64_bits_share_a_limit(nginx):
    assert 429 in ask_often(nginx, "/healthz?", [f"2001:db8::{number:x}" for number in range(REQUESTS)])
    networks = [f"2001:db8:0:{number:x}::1" for number in range(1, REQUESTS)]
    assert 429 not in ask_often(nginx, "/healthz?", networks)


def ask_often(nginx: Nginx, path: str, addresses: list[str]) -> list[int]:
    """Send requests over one connection, in turn from each address, and return the statuses."""
    statuses = []
    with nginx.connect(PROXY) as tls_socket:
        connection = http.client.HTTPConnection(NAME)
        connection.sock = tls_socket
        for number in range(REQUESTS):
            connection.request(
                "HEAD", path, headers={"Host": NAME, "X-Test-Address": addresses[number % len(addresses)]}
            )
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    return statuses


def test_no_log_contains_an_address_of_a_visitor(nginx):
    # Refused by a limit, without TLS, with another host, and malformed.
    ask_often(nginx, "/healthz?", ["192.0.2.77"])
    for port, sent in (
        (nginx.port, b"GET / HTTP/1.1\r\n\r\n"),
        (nginx.plain_port, b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n"),
    ):
        with socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(VISITOR, 0)) as plain:
            plain.sendall(sent)
            plain.recv(1000)
    assert nginx.ask("/en/", Host="a b").status == 400
    logs = list(nginx.folder.glob("*.log"))
    assert logs
    for log in logs:
        assert not re.search(r"client:|127\.0\.0\.[2-9]|192\.0\.2\.", log.read_text()), log.name


@pytest.fixture(scope="module")
def third_parties(nginx):
    """A video on a page, and a script on all pages. For the last tests of this file, because the notice changes."""
    nginx.site.manage("shell", "-v", "0", "-c", DECLARE, check=True)
    until(lambda: b"Always allow Video Ltd" in nginx.ask("/en/vision/").body)


def test_a_page_in_which_a_third_party_loads_is_never_kept_nor_sent_to_another_visitor(nginx, third_parties):
    accepted = choose(nginx, "accept")
    choice, receipt = (re.search(rf"{name}=([^;]+)", accepted)[1] for name in ("cookie_consent", "consent_receipt"))
    forged, bare = accepted.replace(receipt, "AAAA-AAAA-AAAA-AAAA"), f"__Host-cookie_consent={choice}"
    for _ in range(2):
        for cookie in (accepted, forged, bare):
            loads = cookie == accepted
            for path in ("/en/vision/", "/en/transformation/"):
                page = nginx.ask(path, Cookie=cookie)
                assert (SCRIPT in page.body) == ("stats.example" in page.headers["Content-Security-Policy"]) == loads
                assert page.status == 200 and page.headers["Cache-Control"] == "private, no-store"
            assert (FILM in nginx.ask("/en/vision/", Cookie=cookie).body) == loads
        assert not any(nginx.is_cached(path, choice) for path in ("/en/vision/", "/en/transformation/"))
    os.killpg(nginx.site.process.pid, signal.SIGSTOP)
    try:
        page = nginx.ask("/en/vision/", Cookie=forged)
        assert page.status == 503 and FILM not in page.body
    finally:
        os.killpg(nginx.site.process.pid, signal.SIGCONT)
    until(lambda: nginx.ask("/readyz").status == 200)


def test_a_page_on_which_nothing_would_load_is_kept_for_visitors_who_consented(nginx, third_parties):
    watching = choose(nginx, "choose&providers=video")
    choice = re.search("cookie_consent=([^;]+)", watching)[1]
    assert FILM in nginx.ask("/en/vision/", Cookie=watching).body
    assert nginx.ask("/en/partners/", Cookie=watching).status == 200
    assert nginx.is_cached("/en/partners/", choice) and not nginx.is_cached("/en/vision/", choice)


def test_what_is_shown_once_is_not_kept(nginx, third_parties):
    html = nginx.ask("/en/vision/").body.decode()
    key, notice = (re.search(rf'name="{name}"\s+value="([^"]+)"', html)[1] for name in ("show_once", "notice"))
    form = f"show_once={key}&notice={notice}"
    page = nginx.ask("/en/vision/", "POST", form)
    assert page.status == 200 and FILM in page.body and page.headers["Set-Cookie"] is None
    assert page.headers["Cache-Control"] == "private, no-store"
    for _ in range(2):
        assert FILM not in nginx.ask("/en/vision/").body
    assert FILM not in nginx.ask(f"/en/vision/?{form}").body
    refused = nginx.ask("/en/vision/", "POST", form, Sec_Fetch_Site="cross-site")
    assert refused.status == 403 and FILM not in refused.body


@pytest.mark.nightly
def test_a_change_is_visible_on_two_hosts_before_and_after_a_restart_of_the_database(postgresql, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-hosts")
    first = Server(postgresql.pgdata.parent / "data", PRODUCTION | {"DATABASE_URL": postgresql.get_uri()})
    shutil.copytree(first.data, folder / "data")
    second = Server(folder / "data", first.settings)
    nginx = None
    try:
        first.manage("shell", "-v", "0", "-c", DECLARE, check=True)
        first.start()
        second.start()
        nginx = Nginx(folder, first, second).start()
        refused, accepted = choose(nginx, "refuse"), choose(nginx, "accept")
        assert FILM in nginx.ask("/en/vision/", Cookie=accepted).body
        for title in ("Before the restart", "After the restart"):
            for _ in range(4):
                nginx.ask("/en/vision/")
            first.manage("shell", "-v", "0", "-c", CHANGE.format(title), check=True)
            # Two seconds if no other tests run at the same time.
            until(lambda: all(title in nginx.ask("/en/vision/").body.decode() for _ in range(8)), 10)  # noqa: B023
            if title.startswith("Before"):
                for host in (first, second):
                    assert Nginx(folder, host).ask_site("/en/vision/", Cookie=refused).status == 200
                postgresql.stop()
                time.sleep(1)
                assert nginx.ask("/en/vision/").status == 200
                for _ in range(4):
                    page = nginx.ask("/en/vision/", Cookie=accepted)
                    assert page.status == 200 and page.headers["Age"], "the page of visitors who refused"
                    assert SCRIPT not in page.body and FILM not in page.body
                postgresql.start()
                until(lambda: nginx.ask("/readyz").status == 200 and nginx.ask("/readyz").status == 200)
    finally:
        if nginx:
            nginx.stop()
        first.stop()
        second.stop()
