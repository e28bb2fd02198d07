"""The static mirror, as visitors of a plain web space see it."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.utils import translation

from staticexport.links import Address
from staticexport.mirror import Mirror, SameFileError
from staticexport.site import Site
from tests.browser.test_html import html_errors
from tests.staticexport.conftest import ADDRESS, numbers

pytestmark = pytest.mark.once


class References(HTMLParser):
    """The URLs of a page, with their elements and attributes."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.language = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        values = dict(attributes)
        if tag == "html":
            self.language = values["lang"]
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "meta" and values.get("property") in ("og:image", "og:url"):
            self.found.append((tag, values["property"], values["content"]))
        if tag == "meta" and values.get("http-equiv") == "refresh":
            self.found.append((tag, "refresh", values["content"].partition("url=")[2]))
        for name in ("href", "src", "action", "poster"):
            if values.get(name):
                self.found.append((tag, values.get("rel", name), values[name]))
        for entry in (values.get("srcset") or "").split(","):
            if entry.strip():
                self.found.append((tag, "srcset", entry.split()[0]))


def address_of(name: str) -> str:
    return f"{ADDRESS}/{name.removesuffix('index.html')}"


def test_the_mirror_honours_global_privacy_control_and_has_the_versions_of_the_policy(exported):
    assert json.loads(exported.page("/.well-known/gpc.json"))["gpc"] is True
    assert "This version" not in exported.page("/en/privacy-policy/1/")


def test_the_mirror_has_all_pages_of_the_sitemap(exported):
    sitemaps = re.findall(r"<loc>([^<]+)</loc>", exported.page("/sitemap.xml"))
    assert f"{ADDRESS}/sitemap-pages-2.xml" in sitemaps
    listed = [
        address
        for sitemap in sitemaps
        for address in re.findall(r"<loc>([^<]+)</loc>", exported.page(sitemap.removeprefix(ADDRESS)))
    ]
    assert f"{ADDRESS}/en/apart/" in listed and f"{ADDRESS}/pl/wizja/" in listed and len(listed) > 10
    for address in listed:
        html = exported.page(address.removeprefix(ADDRESS))
        assert f'<link rel="canonical" href="{address}">' in html


def test_the_mirror_has_no_broken_link(exported):
    links, pages = {}, exported.html()
    references = {name: References(html) for name, html in pages.items()}
    for name, page in references.items():
        for _tag, _kind, value in page.found:
            address = urljoin(address_of(name), value)
            if address.startswith(f"{ADDRESS}/"):
                links.setdefault(urlsplit(address)._replace(query="").geturl(), name)
    for name, (_, content) in exported.files().items():
        if name.endswith(".css"):
            for value in re.findall(r"url\(\"?([^\")]+)", content.decode()):
                links[urljoin(address_of(name), value)] = name
        elif name.endswith(".xml"):
            # Without the IDs of entries of a feed, which are not links.
            for value in re.findall(rf"(?:href=\"|<loc>)({ADDRESS}[^\"<]+)", content.decode()):
                links[value] = name
        elif name.endswith(".webmanifest"):
            for icon in json.loads(content)["icons"]:
                links[urljoin(ADDRESS, icon["src"])] = name
    assert len(links) > 60
    kinds = {urlsplit(address).path.rpartition(".")[2] for address in links}
    assert {"png", "css", "js", "woff2", "svg", "ico", "webp", "webmanifest", "xml"} <= kinds
    for address, name in links.items():
        parts = urlsplit(address)
        assert not parts.query, (address, name)
        status, _body = exported.ask(parts.path)
        assert status == 200, f"{name} leads to {address}: {status}"
        target = unquote(parts.path).removeprefix("/")
        if parts.fragment and (html := references.get(f"{target}index.html")):
            assert unquote(parts.fragment) in html.ids, f"{name} leads to {address}"
    assert "Broken links" not in exported.first.stderr


@pytest.mark.django_db
def test_an_export_works_with_https_and_a_host_that_is_not_in_allowed_hosts(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["unic.example.org"]
    response = Site(ADDRESS).get("/robots.txt")
    assert response.status == 200 and f"Sitemap: {ADDRESS}/sitemap.xml".encode() in response.body


@pytest.mark.django_db
def test_broken_links_are_listed_with_their_page():
    mirror = Mirror(Site(ADDRESS))
    mirror.enqueue(Address("/en/"), "")
    page = (
        '<a href="/en/no-such-page/">A</a> <a href="/admin/">B</a> <a href="/a%2F..%2F..%2Fb">C</a> <a href="//[">D</a>'
    )
    mirror.file(Address("/en/"), page.encode())
    while mirror.queue:
        address = mirror.queue.popleft()
        if address.path != "/en/":
            assert list(mirror.process(address)) == []
    assert mirror.dead_links == {"/en/no-such-page/": "/en/", "/admin/": "/en/", "/a/../../b": "/en/"}


def test_no_page_has_a_consent_notice_a_form_or_third_party_content(exported):
    for name, html in exported.html().items():
        page = References(html)
        assert not page.tags & {"form", "iframe", "input", "object", "embed"}, name
        # The Cookies page names the hosts of third parties in its text.
        assert 'class="consent' not in html, name
        for tag, kind, value in page.found:
            if tag not in ("a", "meta") and kind not in ("canonical", "alternate", "license"):
                assert value.startswith("/"), (name, value)
    about = exported.page("/en/about/")
    assert "Before." in about
    assert '<a href="https://video.example/watch?v=1&amp;t=2">A walk through Lodz</a> (Video Ltd)' in about


def test_every_page_is_in_the_language_of_its_url(exported):
    for name, html in exported.html().items():
        # A redirect has the language of its target.
        address = html.partition("url=")[2] if 'http-equiv="refresh"' in html else f"/{name}"
        language = "pl" if address.startswith("/pl/") else "en"
        assert References(html).language == language, name


def test_the_pages_of_a_list_link_to_each_other(exported):
    first, second, third = (exported.page(f"/en/timeline/{page}") for page in ("", "page-2/", "page-3/"))
    assert 'rel="next" href="/en/timeline/page-2/"' in first
    assert 'rel="prev" href="/en/timeline/"' in second and 'rel="next" href="/en/timeline/page-3/"' in second
    assert 'rel="next"' not in third
    assert f'<link rel="canonical" href="{ADDRESS}/en/timeline/page-2/">' in second
    assert f'<link rel="alternate" hreflang="pl" href="{ADDRESS}/pl/os-czasu/page-2/">' in second
    assert f'<meta property="og:url" content="{ADDRESS}/en/timeline/page-2/">' in second
    assert f'href="{ADDRESS}/en/timeline/page-3/#item-60"' in exported.page("/en/timeline/feed.xml")
    assert 'href="/en/timeline/page-3/#item-60"' in exported.page("/en/about/")
    assert "Item 60" in third and "Item 60" not in first


def test_the_years_of_news_are_pages_with_feeds_of_their_own(exported):
    assert 'href="/en/news/year-2022/"' in exported.page("/en/news/")
    year = exported.page("/en/news/year-2022/")
    assert 'aria-current="true">2022</a>' in year and "The University of Lodz joins" in year
    assert f'<link rel="canonical" href="{ADDRESS}/en/news/year-2022/">' in year
    assert 'href="/en/news/feed-2022.json"' in year and f'href="{ADDRESS}/pl/aktualnosci/year-2022/"' in year
    feed = json.loads(exported.page("/en/news/feed-2022.json"))
    assert feed["home_page_url"] == f"{ADDRESS}/en/news/year-2022/"
    assert feed["feed_url"] == f"{ADDRESS}/en/news/feed-2022.json"
    assert feed["items"][0]["url"].startswith(f"{ADDRESS}/en/news/")


def test_the_root_redirects_to_the_source_language_and_links_to_all_languages(exported):
    html = exported.page("/")
    assert '<meta http-equiv="refresh" content="0; url=/en/">' in html
    assert f'<link rel="canonical" href="{ADDRESS}/en/">' in html
    links = {value for tag, _kind, value in References(html).found if tag == "a"}
    assert links == {"/en/", "/pl/"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/en/once", "/en/vision/"),
        ("/en/once/", "/en/vision/"),
        ("/old/page.php", "/en/timeline/page-2/"),
        ("/%C5%82%C3%B3d%C5%BA/", "/pl/"),
        # A former slug.
        ("/en/partners/named-before/", "/en/partners/erasmus-university-rotterdam/"),
    ],
)
def test_an_old_path_redirects_to_the_new_one(exported, old, new):
    html = exported.page(old)
    assert f'<meta http-equiv="refresh" content="0; url={new}">' in html
    assert f'<link rel="canonical" href="{ADDRESS}{new}">' in html
    assert f'<a href="{new}">' in html


def test_a_page_has_priority_over_a_redirect_with_the_same_path(exported):
    assert "refresh" not in exported.page("/en/vision/")


def test_a_redirect_that_cannot_be_a_file_is_skipped_and_reported(exported):
    for path in ("/nowhere/", "/gone/", "/robots.txt/below/"):
        assert exported.ask(path)[0] == 404, path
    assert "/nowhere" in exported.first.stderr and "/robots.txt/below" in exported.first.stderr
    assert "/gone" not in exported.first.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/en/\r\nSet-Cookie: a=b", "/en/"),
        ("/x", "/en/\r\nSet-Cookie: a=b"),
        ("/../../etc/passwd", "/en/"),
        ("/a//b", "/en/"),
        ("/" + "x" * 300, "/en/"),
        ("/x", "//evil.example/"),
        ("/x", "https://evil.example/"),
        ("/x", "javascript:alert(1)"),
    ],
)
def test_a_redirect_to_another_site_or_with_control_characters_is_skipped(old, new):
    mirror = Mirror(Site(ADDRESS))
    mirror.sources["en/index.html"] = Address("/en/")
    assert list(mirror.stored_redirect(old, new)) == []
    assert mirror.skipped == [old]


def test_a_page_that_needs_the_server_is_replaced_by_an_explanation(exported):
    for path in ("/en/cookies/settings/", "/pl/pliki-cookie/ustawienia/"):
        html = exported.page(path)
        assert '<meta name="robots" content="noindex">' in html
        with translation.override(path[1:3]):
            assert translation.gettext("Not available in this copy of the site") in html
    assert 'href="mailto:' in exported.page("/en/accessibility/feedback/").partition("<main")[2]


def test_there_are_error_pages_in_each_language(exported):
    for status in (403, 404, 500, 503):
        assert exported.page(f"/{status}.html") == exported.page(f"/en/{status}.html")
        polish = exported.page(f"/pl/{status}.html")
        assert '<a class="button" href="/pl/">' in polish and str(status) in polish
    assert "Search" not in exported.page("/404.html")


def test_the_mirror_has_only_uploads_that_a_page_uses(exported):
    media = [name for name in exported.files() if name.startswith("media/")]
    assert media
    uploads = {path.name for path in (exported.site.data / "media").rglob("*") if path.is_file()}
    assert len({name.rpartition("/")[2] for name in media}) < len(uploads)
    assert not [name for name in exported.files() if name.startswith("static/admin")]


@pytest.mark.nightly
def test_every_page_of_the_mirror_is_valid_html(exported, tmp_path):
    # Polish pages use the same templates.
    for name, html in exported.html().items():
        if not name.startswith("pl/"):
            (tmp_path / name.replace("/", "_")).write_text(html)
    assert not html_errors(tmp_path)


def test_robots_and_feed_have_the_urls_of_the_mirror(exported):
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in exported.page("/robots.txt")
    assert f'href="{ADDRESS}/en/timeline/feed.xml"' in exported.page("/en/timeline/feed.xml")
    other = [
        name for name, (_, content) in exported.files().items() if b"localhost" in content or b"127.0.0.1" in content
    ]
    assert not other


def test_the_summary_counts_the_files(exported):
    files, written, unchanged, removed = numbers(exported.first.stdout)
    assert files == written == len(exported.files()) - 1 and (unchanged, removed) == (0, 0)


def test_two_pages_with_the_same_file_name_are_refused():
    mirror = Mirror(Site(ADDRESS))
    mirror.file(Address("/en/timeline/page-2/"), b"")
    with pytest.raises(SameFileError, match="/en/timeline/page-2/ and /en/timeline/"):
        mirror.file(Address("/en/timeline/", "page=2"), b"")
