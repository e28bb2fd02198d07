"""The example that a new site starts from is complete, and names no other alliance."""

import re
import urllib.request
from html import unescape

import pytest
from django.conf import settings

from alliance.models import Alliance
from consent.models import DeclaredCookie, Notice, Purpose
from editorial.content_files import ContentFiles, translated_fields
from pages.needed import CONSEQUENCES
from tests.serving import Server

pytestmark = pytest.mark.once
FOLDER = settings.BASE_DIR / "content-example"
OTHERS = re.compile(r"\bUNIC\b|unic\.eu|\bPolish\b|(?i:\blodz\b|łód|uni\.lodz)")


def test_the_example_has_what_each_site_needs():
    source = ContentFiles(FOLDER).source
    kinds = {page["kind"] for page in source["pages"].values()}
    assert set(CONSEQUENCES) | {"alliance", "partners", "news", "events", "opportunities"} <= kinds
    assert {"alliance", "feedback", "notice", "privacy_policy"} <= set(source)
    assert len(source["partners"]) == 2


def test_the_example_has_the_notice_in_each_language():
    files = ContentFiles(FOLDER).files
    for model in (Notice, Purpose, DeclaredCookie):
        section = model.content_section
        for key, item in files["en"][section].items():
            for code, _name in settings.LANGUAGES:
                assert translated_fields(model) & set(item) <= set(files[code][section][key]), (code, section, key)


@pytest.mark.nightly
def test_the_example_declares_the_same_necessary_cookies_as_the_shipped_content():
    shipped, example = (ContentFiles(folder).source["cookies"] for folder in (settings.CONTENT_DIR, FOLDER))
    assert example == {key: cookie for key, cookie in shipped.items() if cookie.get("purpose") == "necessary"}


def test_the_example_names_no_other_alliance():
    assert not [path.name for path in FOLDER.iterdir() if OTHERS.search(path.read_text())]


@pytest.mark.nightly
def test_a_site_starts_with_the_example_and_links_to_no_missing_page(tmp_path):
    server = Server(tmp_path, {"CONTENT_DIR": str(FOLDER)})
    prepared = server.manage("prepare", check=True)
    assert "Missing" not in prepared.stderr and "No cookie notice" not in prepared.stderr
    server.start()
    try:
        pages, waiting = {}, ["/en/", "/pl/"]
        while waiting:
            path = waiting.pop()
            if path in pages:
                continue
            with urllib.request.urlopen(server.url + path) as response:
                is_page = response.headers.get_content_type() == "text/html"
                pages[path] = response.read().decode() if is_page else ""
            links = re.findall(r'\shref="(/(?:en|pl)/[^"#]*)', pages[path])
            waiting += [unescape(link) for link in links]
        assert len(pages) > 20
        assert not {path: OTHERS.findall(html) for path, html in pages.items() if OTHERS.search(html)}
    finally:
        server.stop()


@pytest.mark.django_db
def test_the_example_is_another_site_than_the_shipped_content():
    alliance = ContentFiles(FOLDER).source["alliance"]["alliance"]
    stored = Alliance.objects.get()
    assert alliance["acronym"] != stored.acronym and alliance["host"] != stored.host.key
