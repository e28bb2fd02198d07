"""URLs and file names of the static mirror."""

import pytest

from staticexport.links import Address, Links
from tests.staticexport.conftest import ADDRESS

pytestmark = pytest.mark.once
PAGE = Address("/en/timeline/")


@pytest.mark.parametrize(
    ("path", "query", "mirror_path", "file"),
    [
        ("/", "", "/", "index.html"),
        ("/en/timeline/", "", "/en/timeline/", "en/timeline/index.html"),
        ("/en/timeline/", "page=2", "/en/timeline/page-2/", "en/timeline/page-2/index.html"),
        ("/pl/os-czasu/", "page=12", "/pl/os-czasu/page-12/", "pl/os-czasu/page-12/index.html"),
        # The first page has no number. Invalid numbers and unknown parameters are ignored.
        ("/en/timeline/", "page=1", "/en/timeline/", "en/timeline/index.html"),
        ("/en/timeline/", "page=02", "/en/timeline/", "en/timeline/index.html"),
        ("/en/timeline/", "page=x", "/en/timeline/", "en/timeline/index.html"),
        ("/en/timeline/", "utm_source=x&page=3", "/en/timeline/page-3/", "en/timeline/page-3/index.html"),
        ("/en/timeline/", "country=2", "/en/timeline/", "en/timeline/index.html"),
        ("/en/vision/", "page=2", "/en/vision/", "en/vision/index.html"),
        # The pages of a year, and its feed.
        ("/en/news/", "page=2&year=2023", "/en/news/year-2023/page-2/", "en/news/year-2023/page-2/index.html"),
        ("/en/events/", "topic=x&year=2023&page=1", "/en/events/year-2023/", "en/events/year-2023/index.html"),
        ("/en/news/feed.xml", "year=2023", "/en/news/feed-2023.xml", "en/news/feed-2023.xml"),
        ("/sitemap-pages.xml", "p=2", "/sitemap-pages-2.xml", "sitemap-pages-2.xml"),
        ("/en/timeline/feed.xml", "", "/en/timeline/feed.xml", "en/timeline/feed.xml"),
        ("/media/ł ó.jpg", "", "/media/ł ó.jpg", "media/ł ó.jpg"),
    ],
)
def test_an_address_has_a_path_and_a_file_in_the_mirror(path, query, mirror_path, file):
    address = Address.of(path, query)
    assert (address.mirror_path, address.file) == (mirror_path, file)


@pytest.mark.parametrize("path", ["/../a", "/a/./b/", "/a//b/", "/a\nb/", "/a\\b", "/a\0", f"/{'ł' * 101}/", "/a/.."])
def test_a_path_that_is_not_a_safe_file_name_is_refused(path):
    with pytest.raises(ValueError):
        Address(path).file  # noqa: B018


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (PAGE, '<a href="?page=2">', '<a href="/en/timeline/page-2/">'),
        (PAGE, '<a rel="next"\nhref="?page=2#item">', '<a rel="next"\nhref="/en/timeline/page-2/#item">'),
        (PAGE, f'<link href="{ADDRESS}/en/timeline/?page=2">', f'<link href="{ADDRESS}/en/timeline/page-2/">'),
        (PAGE, f'<meta content="{ADDRESS}/en/timeline/?page=2">', f'<meta content="{ADDRESS}/en/timeline/page-2/">'),
        (PAGE, f"<loc>{ADDRESS}/sitemap-pages.xml?p=2</loc>", f"<loc>{ADDRESS}/sitemap-pages-2.xml</loc>"),
        (PAGE, '<a href="/en/timeline/?utm_source=x&amp;page=3">', '<a href="/en/timeline/page-3/">'),
        (PAGE, '<a href="/en/news/?year=2023&amp;page=2">', '<a href="/en/news/year-2023/page-2/">'),
        (
            Address("/en/news/feed.json", "year=2023"),
            f'"home_page_url": "{ADDRESS}/en/news/?year=2023", "feed_url": "{ADDRESS}/en/news/feed.json?year=2023"',
            f'"home_page_url": "{ADDRESS}/en/news/year-2023/", "feed_url": "{ADDRESS}/en/news/feed-2023.json"',
        ),
        # Relative links of a page of a list become absolute.
        (Address("/en/timeline/", "page=2"), '<a href="feed.xml">', '<a href="/en/timeline/feed.xml">'),
        (Address("/en/timeline/", "page=2"), '<a href="?">', '<a href="/en/timeline/">'),
        (Address("/en/timeline/", "page=2"), '<a href="ł">', '<a href="/en/timeline/%C5%82">'),
    ],
)
def test_links_to_pages_of_a_list_are_rewritten(page, before, after):
    assert Links(ADDRESS).rewritten(before, page) == after


@pytest.mark.parametrize(
    "text",
    [
        '<a href="/en/vision/?page=2">',
        '<a href="#item">',
        '<a href="feed.xml">',
        '<a href="mailto:a@example.org">',
        '<a href="https://other.example/en/timeline/?page=2">',
        '<a href="//other.example/en/timeline/?page=2">',
        '<a href="https://[">',
        '<meta content="Read /en/timeline/?page=2">',
        '<meta content="/en/timeline/?page=2">',
        "<p>/en/timeline/?page=2</p>",
    ],
)
def test_other_text_is_not_changed(text):
    assert Links(ADDRESS).rewritten(text, PAGE) == text


@pytest.mark.parametrize("text", ['<a href="#item">', '<a href="/en/x/">', '<a href="mailto:a@example.org">'])
def test_absolute_links_on_a_page_of_a_list_are_not_changed(text):
    assert Links(ADDRESS).rewritten(text, Address("/en/timeline/", "page=2")) == text


@pytest.mark.parametrize(
    ("content_type", "text", "found"),
    [
        ("text/html", '<a href="/en/a/"><img src="/media/b.png">', ["/en/a/", "/media/b.png"]),
        ("text/html", '<source srcset="/media/c.webp 640w, /media/d.webp 1280w">', ["/media/c.webp", "/media/d.webp"]),
        ("text/html", f'<meta content="{ADDRESS}/share/e.png"><meta content="/no">', ["/share/e.png"]),
        ("text/html", '<a href="https://other.example/f/"><a href="mailto:a@example.org">', []),
        ("text/html", '<a href="/en/%C5%82/?page=2#x">', ["/en/ł/"]),
        ("application/xml", f"<loc>{ADDRESS}/en/g/</loc>", ["/en/g/"]),
        ("application/atom+xml", f'<link href="{ADDRESS}/en/h/"/>', ["/en/h/"]),
        ("image/svg+xml", '<image href="i.png"/>', ["/en/timeline/i.png"]),
        ("text/css", 'a{background:url("../img/j.svg")}b{src:url(k.woff2)}', ["/en/img/j.svg", "/en/timeline/k.woff2"]),
        ("application/feed+json", f'"url": "{ADDRESS}/en/n/"', ["/en/n/"]),
        ("application/manifest+json", '{"icons": [{"src": "/static/l.png"}]}', ["/static/l.png"]),
        ("text/javascript", '" href="/en/m/"', []),
    ],
)
def test_the_links_of_a_file_are_found(content_type, text, found):
    assert [address.path for address in Links(ADDRESS).targets(text, content_type, PAGE)] == found
