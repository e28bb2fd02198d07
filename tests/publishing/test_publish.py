"""The site as files: nginx sends what the site sends, and nothing breaks a release that is handed out."""

import http.client
import re
import shutil
import signal
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.serving import MANAGE, NGINX_FOLDERS, PATIENCE, ROOT, Server, free_port

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is missing; on Debian: sudo apt install nginx-light"),
]

# A few pages are enough, with a script that only some visitors allowed.
SMALL = """
from alliance.models import Deliverable, Initiative, Milestone
from consent.models import NoticeVersion, Purpose, Script
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from tests.pages.factories import fill
fill(Milestone, 60)
Initiative.objects.update(is_published=False)
Deliverable.objects.exclude(key="seamless-mobility").update(is_published=False)
PartnerUniversity.objects.filter(role="member").update(is_published=False)
kept = ["home", "vision", "deliverables", "milestones", "partners", "about"]
Page.objects.exclude(key__in=kept).update(is_published=False)
purpose = Purpose.objects.get(key="statistics")
Script.objects.create(name="Counter", provider="Stats", purpose=purpose, source="https://stats.example/count.js")
Redirect.objects.create(old_path="/en/once", new_path="/en/vision/")
coordinator = PartnerUniversity.objects.get(role="coordinator")
for slug in ("named-before", coordinator.slug_en):
    coordinator.slug_en = slug
    coordinator.save()
gone = PartnerUniversity.objects.filter(role="member").last()
gone.slug_en, gone.is_published = "deleted-since", True
gone.save()
gone.delete()
"""
RECEIPT = "AAAA-BBBB-CCCC-DDDD"
VISITORS = {
    "undecided": {},
    "objecting": {"Sec-GPC": "1"},
    "refusing": {"Cookie": f'cookie_consent="statistics=-1|media=-1|receipt={RECEIPT}|notice=1"'},
    # They allowed what nothing loads by: they may withdraw it on every page.
    "agreeing": {"Cookie": f'cookie_consent="functional=2026-01-01|statistics=-1|receipt={RECEIPT}|notice=1"'},
    "allowing": {
        "Cookie": f'theme=x; cookie_consent="statistics=2026-01-01T00:00:00+00:00|receipt={RECEIPT}|notice=1"'
    },
}
# What belongs to a connection or a server, or is made of time and length by nginx.
OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding", "etag"}
NGINX = (
    """
user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;"""
    + NGINX_FOLDERS
    + """  include {folder}/public/maps.conf;
  server {{
    listen 127.0.0.1:{port};
    include {folder}/public/locations.conf;
    location @site {{
      proxy_pass http://127.0.0.1:{site};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host {host};
      add_header Answered-By site always;
    }}
  }}
}}
"""
)


class Published:
    """A small site that runs, its releases, and nginx in front of both."""

    def __init__(self, folder, prepared):
        prepared("sqlite", folder)
        self.public = folder / "public"
        settings = {"CONSENT_SEAL_MINUTES": "0", "DJANGO_SETTINGS_MODULE": "tests.publishing.two_languages"}
        self.site = Server(folder / "data", settings)
        for name in ("admin", "django_prose_editor", "editorial", "flags"):
            shutil.rmtree(self.site.data / "static" / name, ignore_errors=True)
        self.run("shell", "-c", SMALL)
        self.site.start()
        self.host = f"127.0.0.1:{self.site.port}"
        self.publish()
        self.port = free_port()
        text = NGINX.format(folder=folder, port=self.port, site=self.site.port, host=self.host)
        (folder / "nginx.conf").write_text(text)
        self.nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf"])
        wait_for(self.port)

    @property
    def publishing(self) -> list[str]:
        return [*MANAGE, "publish", "--to", str(self.public), "--address", self.site.url]

    def run(self, *arguments: str) -> str:
        outcome = self.site.manage(*arguments)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def publish(self) -> str:
        return self.run(*self.publishing[len(MANAGE) :])

    def stop(self):
        self.nginx.send_signal(signal.SIGQUIT)
        self.nginx.wait(timeout=PATIENCE)
        self.site.stop()

    def ask(self, port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request(method, path, headers={"Host": self.host} | headers)
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response


def wait_for(port: int):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("nginx did not start")


@pytest.fixture(scope="module")
def published(prepared, tmp_path_factory):
    site = Published(tmp_path_factory.mktemp("published"), prepared)
    yield site
    site.stop()


def comparable(response) -> tuple[int, dict[str, str], bytes]:
    headers = {name.lower(): value for name, value in response.getheaders() if name.lower() not in OWN}
    if policy := headers.get("content-security-policy"):
        headers["content-security-policy"] = sorted(policy.split("; "))
    headers["vary"] = {name.strip().lower() for name in headers.get("vary", "").split(",")}
    return response.status, headers, response.body


@pytest.mark.parametrize("visitor", VISITORS)
def test_nginx_sends_the_same_bytes_and_headers_as_the_site(published, visitor):
    assert len(published.site.paths) > 10
    parts = ["/en/timeline/?page=2", "/pl/os-czasu/?page=3"]
    for path in [*published.site.paths, *parts, "/robots.txt", "/sitemap.xml", "/en/timeline/feed.xml"]:
        for encoding in ("identity", "gzip", "br", "zstd", "gzip, deflate, br, zstd"):
            headers = VISITORS[visitor] | {"Accept-Encoding": encoding}
            by_nginx = published.ask(published.port, path, **headers)
            assert not by_nginx.getheader("Answered-By"), path
            by_site = published.ask(published.site.port, path, **headers)
            assert comparable(by_nginx) == comparable(by_site), (path, encoding)
    has_script = b"stats.example" in published.ask(published.port, "/en/", **VISITORS[visitor]).body
    assert has_script == (visitor == "allowing")
    may_withdraw = b'value="withdraw"' in published.ask(published.port, "/en/", **VISITORS[visitor]).body
    assert may_withdraw == (visitor in ("agreeing", "allowing"))


@pytest.mark.parametrize("path", ["/en/vision/", "/pl/wizja/", "/pl/rezultaty/"])
def test_share_cards_and_manifests_come_from_files_as_the_site_sends_them(published, path):
    page = published.ask(published.port, path).body.decode()
    named = re.findall(r'(?:content="https?://[^/"]+|href=")(/share/[^"]*)"', page)
    assert {address.rpartition(".")[2] for address in named} == {"png", "webmanifest"}
    for address in named:
        by_nginx, by_site = (published.ask(port, address) for port in (published.port, published.site.port))
        assert not by_nginx.getheader("Answered-By"), address
        assert comparable(by_nginx) == comparable(by_site), address
        assert by_nginx.getheader("Content-Language") == path[1:3]
    # The address of a card before its title changed.
    old = re.sub(r"[0-9a-f]{20}", "0" * 20, named[0])
    moved = published.ask(published.port, old)
    assert (moved.status, moved.getheader("Location"), moved.getheader("Answered-By")) == (302, named[0], "site")


def test_static_files_and_uploads_come_from_files_as_the_site_sends_them(published):
    page = published.ask(published.port, "/en/").body.decode()
    paths = [part.partition('"')[0] for part in page.split('href="')[1:] if part.startswith("/static/")]
    assert any(path.endswith(".css") for path in paths)
    for path in paths:
        for encoding in ("identity", "br"):
            by_nginx, by_site = (
                published.ask(port, path, **{"Accept-Encoding": encoding})
                for port in (published.port, published.site.port)
            )
            assert not by_nginx.getheader("Answered-By"), path
            expected = comparable(by_site)
            # When it was copied says nothing of a file whose name holds its digest.
            expected[1].pop("last-modified", None)
            assert comparable(by_nginx) == expected, path
            assert "immutable" in by_nginx.getheader("Cache-Control")
            if path.endswith((".css", ".svg")):
                assert by_nginx.getheader("Content-Encoding") == (None if encoding == "identity" else encoding)


def test_no_page_lies_where_a_file_should(published):
    for place in ("static", "share"):
        files = [file for file in (published.public / "current" / place / "identity").rglob("*") if file.is_file()]
        assert files
        assert not [file for file in files if file.read_bytes().lstrip().startswith(b"<!DOCTYPE")]


def test_an_unchanged_page_is_not_sent_again(published):
    first = published.ask(published.port, "/en/", **{"Accept-Encoding": "br"})
    again = published.ask(published.port, "/en/", **{"Accept-Encoding": "br", "If-None-Match": first.getheader("ETag")})
    assert (again.status, again.body) == (304, b"")
    other = published.ask(
        published.port, "/en/", **{"Accept-Encoding": "gzip", "If-None-Match": first.getheader("ETag")}
    )
    assert other.status == 200


def test_what_needs_the_site_reaches_it(published):
    for path in (
        "/?a=1",
        "/admin/login/",
        "/en/search/?q=lodz",
        "/pl/szukaj/?q=lodz",
        "/healthz",
        "/en/cookies/settings/",
    ):
        assert published.ask(published.port, path).getheader("Answered-By") == "site", path
    for query in (
        "page=2",
        "a=1&page=2",
        "page",
        "p=1&",
        "%70age=2",
        "a%3D1=2",
        "a;page=2",
        "a[]=1",
        "=",
        "&",
        "a=%C3%B3;",
    ):
        assert published.ask(published.port, f"/en/?{query}").getheader("Answered-By") == "site", query
    assert published.ask(published.port, "/en/", "POST").getheader("Answered-By") == "site"
    for cookie in ("sessionid=abc", "cookie_consent=forged", "cookie_consent=a; cookie_consent=b"):
        assert published.ask(published.port, "/en/", Cookie=cookie).getheader("Answered-By") == "site", cookie
    weighed = published.ask(published.port, "/en/", **{"Accept-Encoding": "br;q=0, gzip"})
    assert weighed.getheader("Content-Encoding") == "gzip"


@pytest.mark.parametrize(
    "query",
    [
        "0",
        "utm_source=x",
        "fbclid=IwAR0_a-b.c~d",
        "gclid=a&utm_campaign=spring%20sale+now&utm_medium=e-mail",
        "utm_source=page",
        "utm_source=page=2",
        "mypage=2&pages=2&page_=2&PAGE=2",
        "utm_source",
        "a=&b=%26page%3D2&",
        "redirect=https://unic.example/pl/",
    ],
)
def test_parameters_that_no_page_knows_are_answered_with_the_file(published, query):
    for path in ("/en/", "/pl/partnerzy/", "/robots.txt"):
        by_nginx, by_site = (published.ask(port, f"{path}?{query}") for port in (published.port, published.site.port))
        assert not by_nginx.getheader("Answered-By"), path
        assert comparable(by_nginx) == comparable(by_site), path
    # These repeat what was asked.
    for path, status in (("/en/no/such/page/", 404), ("/en/once/", 301)):
        by_nginx = published.ask(published.port, f"{path}?{query}")
        assert (by_nginx.status, by_nginx.getheader("Answered-By")) == (status, "site"), path


PARAMETERS = st.lists(
    st.one_of(
        st.sampled_from(["country=PL", "page=2", "role=member", "page", "utm_source=x", "p=1", "country", "fbclid=a"]),
        st.sampled_from(["page=1", "page=3", "page=4", "page=02", "page=2.br", "page=../2", "page=2/en", "role=2"]),
        st.sampled_from(
            ["%70age=2", "rol%65=member", "a;page=2", "page[]=2", "+page=2", "page%00=2", "=page=2", "page%3D2"]
        ),
        st.text("page=&%+;country012", max_size=12),
    ),
    max_size=4,
).map("&".join)


@given(
    path=st.sampled_from(["/en/partners/", "/pl/partnerzy/", "/en/timeline/", "/en/vision/", "/sitemap.xml"]),
    query=PARAMETERS,
)
@hypothesis_settings(max_examples=150)
def test_whatever_is_asked_nginx_and_the_site_answer_alike(published, path, query):
    by_nginx, by_site = (
        published.ask(port, f"{path}?{query}", **{"Accept-Encoding": "identity"})
        for port in (published.port, published.site.port)
    )
    assert (by_nginx.status, by_nginx.body) == (by_site.status, by_site.body)


LANGUAGE_TAGS = st.one_of(
    st.sampled_from(
        ["pl", "pl-PL", "PL", "en-GB", "en", "de-AT-1996", "de", "zh-Hans-CN", "*", "e", "i-klingon", "", "-"]
    ),
    st.text("plen-*;,q=0. ", max_size=6),
)
LANGUAGES_ASKED = st.one_of(
    st.sampled_from(["pl,en-US;q=0.7,en;q=0.3", "pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7", "en-GB,en;q=0.9", "pl", ""]),
    st.lists(
        st.tuples(
            LANGUAGE_TAGS, st.sampled_from(["", ";q=1", ";q=0.5", ";q=0.9", ";q=0", ";q=0.0", ";q=x", "; q=0.8"])
        ),
        max_size=4,
    ).map(lambda listed: ",".join(tag + weight for tag, weight in listed)),
)


@given(asked=LANGUAGES_ASKED)
@hypothesis_settings(max_examples=200)
def test_the_address_without_a_language_leads_where_the_site_would_lead(published, asked):
    headers = {"Accept-Language": asked.strip()} if asked.strip() else {}
    by_nginx, by_site = (published.ask(port, "/", **headers) for port in (published.port, published.site.port))
    assert (by_nginx.status, by_nginx.getheader("Location")) == (by_site.status, by_site.getheader("Location"))


def test_what_browsers_prefer_is_known_without_the_site(published):
    said = {
        "pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7": "/pl/",
        "pl,en-US;q=0.7,en;q=0.3": "/pl/",
        "en-GB,en;q=0.9": "/en/",
        "pl-PL": "/pl/",
        "": "/en/",
    }
    for asked, home in said.items():
        by_nginx, by_site = (
            published.ask(port, "/", **({"Accept-Language": asked} if asked else {}))
            for port in (published.port, published.site.port)
        )
        assert (by_nginx.status, by_nginx.getheader("Location"), by_nginx.getheader("Answered-By")) == (302, home, None)
        sent, expected = comparable(by_nginx)[1], comparable(by_site)[1]
        for name in ("content-type", "content-length"):
            sent.pop(name), expected.pop(name)
        assert sent == expected
    assert published.ask(published.port, "/", "POST").getheader("Answered-By") == "site"


def test_what_is_not_there_is_said_in_the_language_of_the_address(published):
    response = published.ask(published.port, "/pl/nie/ma/takiej/")
    assert (response.status, response.getheader("Answered-By")) == (404, None)
    assert b'<html lang="pl"' in response.body
    assert response.getheader("Content-Security-Policy")
    moved = published.ask(published.port, "/en/once/")
    assert (moved.status, moved.getheader("Location"), moved.getheader("Answered-By")) == (301, "/en/vision/", None)
    # Without a language in the address, it is the site that knows which to choose.
    polish = published.ask(published.port, "/nowhere/", **{"Accept-Language": "pl"})
    assert (polish.status, polish.getheader("Location")) == (302, "/pl/nowhere/")


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        # Another language's address, the one before it was renamed, one without its last slash, and a deleted one's.
        ("/en/partnerzy/", 404, None),
        ("/en/partners/uniwersytet-erazma-w-rotterdamie/", 301, "/en/partners/erasmus-university-rotterdam/"),
        ("/en/partners/named-before/", 301, "/en/partners/erasmus-university-rotterdam/"),
        ("/en/partners", 301, "/en/partners/"),
        ("/en/partners/deleted-since/", 410, None),
        ("/en/no-such-page/", 404, None),
    ],
)
def test_where_a_page_went_the_site_knows(published, path, status, location):
    by_nginx, by_site = (published.ask(port, path) for port in (published.port, published.site.port))
    assert (by_nginx.status, by_nginx.getheader("Location")) == (status, location)
    assert (by_site.status, by_site.getheader("Location")) == (status, location)


@pytest.mark.parametrize(
    "cookie",
    [
        f"cookie_consent=receipt={RECEIPT}|notice=1",
        f"cookie_consent=statistics=-1|receipt={RECEIPT}|notice=1; Cookie_Consent=statistics=x|receipt=B|notice=1",
        f"Cookie_Consent=statistics=x|receipt={RECEIPT}|notice=1; cookie_consent=statistics=-1|receipt=B|notice=1",
        f"COOKIE_CONSENT=statistics=x|receipt={RECEIPT}|notice=1",
        f"cookie_consent =statistics=x|receipt={RECEIPT}|notice=1",
        f'cookie_consent="statistics=x|receipt=\\"{RECEIPT}|notice=1"',
        f"cookie_consent=statistics=x|receipt={RECEIPT}\\|notice=1",
        f"xcookie_consent=statistics=x|receipt={RECEIPT}|notice=1",
        f"cookie_consent=statistics=x|receipt={RECEIPT}|notice=1|statistics=-1",
        f"cookie_consent=statistics=x|receipt={RECEIPT}|notice=2",
        f"cookie_consent=statistics=x|receipt={RECEIPT}|notice=",
        f"cookie_consent=Statistics=x|receipt={RECEIPT}|notice=1",
    ],
)
def test_whatever_a_cookie_says_nobody_gets_another_variant_from_a_file_than_from_the_site(published, cookie):
    by_nginx, by_site = (
        published.ask(port, "/en/", Cookie=cookie, **{"Accept-Encoding": "identity"})
        for port in (published.port, published.site.port)
    )
    assert by_nginx.body == by_site.body


def test_while_the_site_is_down_its_pages_are_read_and_the_rest_says_so_in_its_language(published, tmp_path):
    port = free_port()
    (tmp_path / "public").symlink_to(published.public)
    conf = NGINX.format(folder=tmp_path, port=port, site=free_port(), host=published.host)
    (tmp_path / "nginx.conf").write_text(conf)
    nginx = subprocess.Popen(["nginx", "-c", tmp_path / "nginx.conf"])
    try:
        wait_for(port)
        assert published.ask(port, "/pl/").status == 200
        for path, language, heading in (
            ("/pl/szukaj/?q=lodz", "pl", "Trwają prace nad stroną"),
            ("/en/cookies/settings/", "en", "The site is being looked after"),
            ("/admin/", "en", "The site is being looked after"),
        ):
            answer = published.ask(port, path, **{"Accept-Encoding": "identity"})
            assert (answer.status, answer.getheader("Retry-After")) == (503, "30"), path
            assert answer.getheader("Content-Language") == language and answer.getheader("Content-Security-Policy")
            assert f'<html lang="{language}"' in answer.body.decode() and heading in answer.body.decode()
        posted = published.ask(port, "/en/cookies/decide/", "POST")
        assert posted.status == 503 and b"The site is being looked after" in posted.body
    finally:
        nginx.send_signal(signal.SIGQUIT)
        nginx.wait(timeout=PATIENCE)


def test_a_publication_that_is_killed_leaves_the_old_release_whole(published):
    before = published.public.joinpath("current").readlink()
    page = published.ask(published.port, "/en/vision/").body
    change = "from pages.models import Page; Page.objects.filter(key='vision').update(title_en='Another title')"
    published.run("shell", "-c", change)
    releases = published.public / "releases"
    process = subprocess.Popen(
        published.publishing, cwd=ROOT, env=published.site.environment, stdout=subprocess.DEVNULL
    )
    end = time.monotonic() + 3 * PATIENCE
    while time.monotonic() < end and process.poll() is None:
        made = [one for one in releases.iterdir() if one.name != before.name and any(one.glob("pages/*/*/*/en/*"))]
        if made:
            break
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert published.public.joinpath("current").readlink() == before
    assert published.ask(published.port, "/en/vision/").body == page
    # The next one finishes, and writes only what the change touched.
    untouched = next(published.public.glob("current/pages/1+asked/identity/*/robots.txt=.*"))
    inode = untouched.stat().st_ino
    printed = published.publish()
    assert "reload" not in printed
    total, new = map(int, re.findall(r"\d+", printed))
    assert 0 < new < total / 4
    assert b"Another title" in published.ask(published.port, "/en/vision/").body
    assert next(published.public.glob("current/pages/1+asked/identity/*/robots.txt=.*")).stat().st_ino == inode
    assert len(list(releases.iterdir())) == 2
    assert published.publish() == "Nothing has changed.\n"


def test_whoever_watches_takes_away_what_is_outdated(published):
    published.publish()
    process = subprocess.Popen(
        [*published.publishing, "--watch"], cwd=ROOT, env=published.site.environment, stdout=subprocess.DEVNULL
    )
    try:
        assert not published.ask(published.port, "/en/vision/").getheader("Answered-By")
        change = "from pages.models import Page; Page.objects.filter(key='vision').update(title_en='Newest title')"
        published.run("shell", "-c", change)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (published.public / "current").is_symlink():
            time.sleep(0.05)
        # The site itself sends its last good page until it knows of the change and has made the new one.
        response = published.ask(published.port, "/en/vision/")
        while time.monotonic() < end and b"Newest title" not in response.body:
            time.sleep(0.05)
            response = published.ask(published.port, "/en/vision/")
        assert response.getheader("Answered-By") == "site"
        assert b"Newest title" in response.body
    finally:
        process.kill()
        process.wait()
