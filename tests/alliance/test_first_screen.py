"""The home page, the page about the alliance, and the way between them: header, menu and breadcrumbs."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.template import engines
from django.utils import timezone
from django.utils.http import parse_http_date

from alliance.models import Alliance
from pages import blocks
from pages.models import Page
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def html_of(client, path: str) -> str:
    return client.get(path).content.decode()


def menu(html: str) -> list[tuple[str, str]]:
    """Text of each menu entry and its `aria-current`."""
    entries = re.search(r'<nav class="menu".*?</nav>', html, re.DOTALL)[0]
    links = re.findall(r'<a href="[^"]+"\s*(?:aria-current="(\w+)")?>([^<]+)</a>', entries)
    return [(unescape(text), current) for current, text in links]


def crumbs(html: str) -> list[str]:
    path = re.search(r'<nav class="breadcrumbs.*?</nav>', html, re.DOTALL)
    return [unescape(text).strip() for text in re.findall(r"<(?:a|span)[^>]*>([^<]+)</", path[0])] if path else []


def test_the_header_of_every_page_names_the_host_university(client):
    for path in ("/en/", "/en/partners/", "/en/nowhere/"):
        header = html_of(client, path).split("</header>")[0]
        assert '<span class="site-host">University of Lodz</span>' in header, path
    Alliance.objects.update(host=PartnerUniversity.objects.get(key="malmo-university"))
    assert '<span class="site-host">Malmö University</span>' in html_of(client, "/en/vision/")


def test_the_skip_link_comes_before_the_cookie_notice(client):
    html = html_of(client, "/en/")
    first = re.search("<(?:a|button|input|select|summary)[^>]*>", html.partition("<body>")[2])[0]
    assert first == '<a class="skip-link" href="#main">'
    assert html.index(first) < html.index('class="consent"')


def test_the_menu_has_at_most_seven_entries_and_marks_the_part_of_the_site(client):
    entries = menu(html_of(client, "/en/deliverables/seamless-mobility/"))
    assert 3 <= len(entries) <= 7
    assert [text for text, current in entries if current] == ["About UNIC"]
    assert [text for text, current in menu(html_of(client, "/en/")) if current] == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/en/", []),
        ("/en/alliance/", ["Home", "About UNIC"]),
        ("/en/vision/", ["Home", "About UNIC", "Vision"]),
        ("/en/deliverables/seamless-mobility/", ["Home", "About UNIC", "What UNIC delivers", "Seamless mobility"]),
        ("/en/partners/university-of-oulu/", ["Home", "Universities", "University of Oulu"]),
        ("/en/about/", ["Home", "About this site"]),
    ],
)
def test_breadcrumbs_begin_at_home_and_name_the_part_of_the_site(client, path, expected):
    assert crumbs(html_of(client, path)) == expected


def test_breadcrumbs_leave_out_a_page_that_is_not_published(client):
    Page.objects.filter(kind="alliance").update(is_published=False)
    assert crumbs(html_of(client, "/en/vision/")) == ["Home", "Vision"]


def test_the_page_about_the_alliance_leads_to_all_its_sections(client):
    html = html_of(client, "/en/alliance/")
    cards = re.findall(r'<li class="card">\s*<h3>\s*<a href="([^"]+)"', html)
    paths = ["/en/vision/", "/en/deliverables/", "/en/transformation/", "/en/tasks/", "/en/timeline/"]
    assert set(paths) <= set(cards)
    assert "What the alliance works on" in html and "European University of Post-Industrial Cities" in html


def test_the_home_page_leads_to_the_alliance_and_to_each_kind_of_visitor(client):
    main = html_of(client, "/en/").partition("<main")[2]
    hero = main[: main.index("<figure")]
    assert '<a class="button quiet" href="/en/alliance/">' in hero and "What is UNIC?" in hero
    order = ["Ten European universities", "For students", "For staff", "For researchers", "For the city", "Istanbul"]
    assert [main.index(text) for text in order] == sorted(main.index(text) for text in order)


@pytest.mark.parametrize(
    ("page", "path"), [(blocks.BlockPage.HOME, "/en/"), (blocks.BlockPage.PARTNER, "/en/partners/university-of-lodz/")]
)
def test_a_page_shows_its_blocks_in_their_order_and_expires_with_the_first(client, monkeypatch, page, path):
    soon, later = (timezone.now() + timedelta(hours=hours) for hours in (1, 2))
    template = engines["django"].from_string("<p>{{ block.text }} of {{ block.subject }}</p>")

    def maker(text, moment):
        return lambda request, subject: blocks.Block(template, {"text": text, "subject": subject.key}, moment)

    nothing = (page, 0, lambda request, subject: None)
    monkeypatch.setattr(
        blocks, "registered", [(page, 20, maker("second", soon)), nothing, (page, 10, maker("first", later))]
    )
    response = client.get(path)
    html = response.content.decode()
    subject = "alliance" if page is blocks.BlockPage.HOME else "university-of-lodz"
    assert 0 < html.index(f"<p>first of {subject}</p>") < html.index(f"<p>second of {subject}</p>")
    assert parse_http_date(response["Expires"]) == int(soon.timestamp())
