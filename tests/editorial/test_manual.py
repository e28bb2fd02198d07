"""The manual is in the admin, and each page of the admin links to the section about it."""

import re
from fnmatch import fnmatchcase

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from lxml import html

from editorial import manual
from pages.models import Page
from tests.test_documents import DOCUMENTS, anchors, relative_path

pytestmark = pytest.mark.once
FOR_STAFF = [
    "README.md",
    "docs/content.md",
    "docs/deployment.md",
    "docs/editing.md",
    "docs/privacy.md",
    "docs/translating.md",
]


def url_names() -> list[str]:
    """Names of all URLs of the admin."""
    found = [entry for entry in admin.site.get_urls() for entry in getattr(entry, "url_patterns", [entry])]
    return [url.name for url in found if url.name]


@pytest.fixture
def client(client, staff):
    client.force_login(staff())
    return client


def help_link(response) -> str:
    (link,) = html.fromstring(response.content.decode()).xpath("//*[@id='user-tools']//a[text()='Help']/@href")
    return link


@pytest.mark.parametrize("name", sorted(set(manual.SECTIONS.values())))
def test_the_sections_that_pages_link_to_exist(name):
    document, _, anchor = name.partition("#")
    assert anchor in anchors((settings.BASE_DIR / document).read_text())


@pytest.mark.parametrize("pattern", manual.SECTIONS)
def test_a_page_of_the_admin_exists_for_each_pattern(pattern):
    section = manual.SECTIONS[pattern]
    assert [name for name in url_names() if fnmatchcase(name, pattern) and manual.section_for(name) == section]


@pytest.mark.parametrize(
    ("url_name", "anchor"),
    [
        ("pages_page_changelist", "find-a-text"),
        ("pages_page_change", "save-a-draft"),
        ("pages_page_history", "compare-and-restore-revisions"),
        ("alliance_milestone_add", "add-an-item"),
        ("consent_noticeversion_compare", "change-the-cookie-notice"),
        ("consent_embeddedcontent_add", "add-or-stop-a-third-party"),
        ("news_newsitem_add", "write-a-news-item"),
        ("opportunities_opportunity_changelist", "opportunities"),
        ("alliance_project_change", "contacts-projects-thematic-lines-and-sources"),
        ("partners_partneruniversity_change", "edit-a-university"),
        ("pictures_picture_add", "add-a-picture"),
        ("pictures_picture_schedule", "publish-or-take-off-at-a-later-time"),
    ],
)
def test_a_page_has_the_section_about_what_it_does(url_name, anchor):
    assert manual.section_for(url_name) == f"docs/editing.md#{anchor}"


def test_a_form_links_to_its_section(client, db):
    page = Page.objects.first()
    assert help_link(client.get(reverse("admin:pages_page_change", args=[page.pk]))) == (
        "/admin/help/docs/editing.md#save-a-draft"
    )
    assert help_link(client.get(reverse("admin:index"))) == "/admin/help/docs/editing.md"


@pytest.mark.parametrize("document", FOR_STAFF)
def test_the_manual_is_shown_with_the_sections_that_links_lead_to(client, db, document):
    page = html.fromstring(client.get(f"/admin/help/{document}").content.decode())
    text = (settings.BASE_DIR / document).read_text()
    headings = {heading.get("id") for heading in page.xpath("//*[@id='content-main']//*[self::h2 or self::h3]")}
    assert headings == anchors("\n".join(line for line in text.splitlines() if line.startswith(("## ", "### "))))
    assert page.xpath("//h1")[0].text == re.match(r"# (.*)", text)[1]


@pytest.mark.nightly
@pytest.mark.parametrize("document", FOR_STAFF)
def test_links_and_pictures_in_the_manual_open(client, db, document):
    page = html.fromstring(client.get(f"/admin/help/{document}").content.decode(), f"http://site/admin/help/{document}")
    page.make_links_absolute()
    found = {
        url.partition("#")[0] for url in page.xpath("//*[@id='content-main']//@href | //*[@id='content-main']//@src")
    }
    own = {url.removeprefix("http://site") for url in found if url.startswith("http://site/")}
    assert len(own) > 1
    assert {url: client.get(url).status_code for url in own} == dict.fromkeys(own, 200)


@pytest.mark.parametrize(
    "name",
    [
        "docs/questions.md",
        "docs/decisions/README.md",
        "CHANGELOG.md",
        "docs/glossary/../questions.md",
        "unic_site/settings.py",
        "docs",
        "docs/missing.md",
        "tests/../manage.py",
        "deploy/nginx.conf",
        ".git/config",
    ],
)
def test_other_files_are_not_shown(client, db, name):
    assert client.get(f"/admin/help/{name}").status_code == 404


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative_path)
def test_no_document_has_inline_styles_or_scripts(document):
    assert not re.search(r"<[^>]* style=|<script", manual.parse(document.read_text())["body"])


def test_a_column_without_a_name_has_no_heading_for_screen_readers():
    body = manual.parse("| | SQLite |\n| --- | --- |\n| one record | 17 ms |")["body"]
    assert "<td></td>\n<th>SQLite</th>" in body


def test_the_manual_needs_an_account(db):
    response = Client().get("/admin/help/docs/editing.md")
    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")
