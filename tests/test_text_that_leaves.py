"""Every document that leaves the site is well-formed, whatever is stored."""

import json
import re
import unicodedata
from io import BytesIO
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection, models
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from PIL import Image

from alliance.models import Alliance, Milestone
from editorial.mail import mail_staff
from news.models import NewsItem
from partners.models import PartnerUniversity
from social.cards import Card
from tests.editorial.test_clean_text import TEXTS
from tests.events.factories import make_event
from tests.news.factories import make_news
from tests.opportunities.factories import make_opportunity
from topics.models import Topic
from translations.exchange import po, xliff
from translations.exchange.export import Format, export
from translations.exchange.models import ContentTexts
from translations.exchange.units import Scope
from translations.status.fields import text_fields, translated_models

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# All control characters, both that are no character, and what ends an element or a literal.
STORED = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) + "\ufffe\uffff\U0001ffff]]></script><!--\"'&"


ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ["/en/news/feed", "/pl/aktualnosci/feed", "/en/events/feed", "/en/opportunities/feed"]
# RFC 5545, section 3.1.
NOT_IN_CALENDAR = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def store(model: type[models.Model], text: str, *columns: str) -> None:
    """Store `text` in each row, past the fields, which would clean it."""
    with connection.cursor() as cursor:
        values = ", ".join(f'"{column}" = %s' for column in columns)
        cursor.execute(f'UPDATE "{model._meta.db_table}" SET {values}', [text] * len(columns))


@pytest.fixture
def spoiled():
    """Content whose texts have all of `STORED`, as only SQL could store it."""
    topics = list(Topic.objects.all())
    for item in (make_news(), make_event(place_en="Oulu"), make_opportunity(closes_on="2099-01-01", slug_en="grant")):
        item.topics.set(topics)
    for model in translated_models():
        store(model, f"a{STORED}b", *(f"{name}_{code}" for name in text_fields(model) for code in ("en", "pl")))


def test_the_texts_of_these_tests_are_stored_as_they_are(spoiled):
    assert all(STORED in title for title in NewsItem.objects.values_list("title_en", flat=True))


def is_in_html(character: str) -> bool:
    """Whether HTML allows the character: https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream."""
    code = ord(character)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return False
    return unicodedata.category(character) != "Cc" or character in "\t\n\f\r"


@pytest.mark.nightly
@pytest.mark.parametrize(
    "address",
    [
        "/en/",
        "/pl/",
        "/en/partners/university-of-oulu/",
        "/en/timeline/",
        "/en/news/",
        "/en/events/the-meeting/",
        "/en/opportunities/grant/",
        "/en/accessibility/",
        "/en/nowhere/",
    ],
)
def test_pages(client, spoiled, address):
    response = client.get(address)
    html = response.content.decode()
    assert {character for character in html if not is_in_html(character)} == set()
    assert "a\ufffd" in html and "\ufffd]]" in html
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.nightly
def test_forms_of_staff(client, spoiled, admin_user):
    client.force_login(admin_user)
    html = client.get(reverse("admin:news_newsitem_change", args=[NewsItem.objects.first().pk])).content.decode()
    assert {character for character in html if not is_in_html(character)} == set()


def test_a_query_that_a_page_repeats(client):
    html = client.get("/en/search/", {"q": "plugh\ufffe\ufdd0\U0001ffff"}).content.decode()
    assert {character for character in html if not is_in_html(character)} == set()
    assert "plugh" in html


def test_allowed_characters_stay_in_pages(client):
    kept = "ÿ\xa0\ue000\ufffd\U0001fffd\U0001f600\U0010fffd"
    store(Milestone, kept, "title_en")
    assert kept in client.get("/en/timeline/").content.decode()


def test_a_character_that_is_replaced_makes_no_script_of_what_is_around_it(client):
    store(Milestone, '<a href="java\x01script:alert(1)">x</a>', "body_en")
    assert "javascript:" not in client.get("/en/timeline/").content.decode()


@pytest.mark.nightly
@pytest.mark.parametrize("address", ["/en/timeline/feed.xml", "/pl/os-czasu/feed.xml", "/sitemap.xml"])
def test_feed_and_sitemap(client, spoiled, address):
    response = client.get(address)
    assert response.status_code == 200
    assert len(ElementTree.fromstring(response.content)) > 5


@pytest.mark.parametrize("address", FEEDS)
def test_feeds_of_items_with_topics(client, spoiled, address):
    entries = ElementTree.fromstring(client.get(f"{address}.xml").content).findall(f"{ATOM}entry")
    assert any(entry.find(f"{ATOM}category") is not None for entry in entries)
    assert any(item["tags"] for item in client.get(f"{address}.json").json()["items"])


@pytest.mark.parametrize(
    "address", ["events/calendar.ics", "events/the-meeting/event.ics", "opportunities/grant/deadline.ics"]
)
def test_calendar_files(client, spoiled, address):
    lines = client.get(f"/en/{address}").content.decode().split("\r\n")
    assert "BEGIN:VEVENT" in lines
    assert [line for line in lines if NOT_IN_CALENDAR.search(line)] == []


@pytest.mark.nightly
@pytest.mark.parametrize("address", ["/en/", "/pl/", "/en/partners/university-of-oulu/", "/en/timeline/"])
def test_structured_data_of_pages(client, spoiled, address):
    html = client.get(address).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    for text in found:
        assert "\ufffe" not in text
        json.loads(text)


def test_mail_to_staff(mailoutbox, admin_user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        mail_staff([admin_user], f"a{STORED}b", [f"a{STORED}b"])
    (mail,) = mailoutbox
    assert {c for c in mail.subject + mail.body if unicodedata.category(c) == "Cc"} == {"\t", "\n"}


def test_web_manifest(client, spoiled):
    href = re.search(r'<link rel="manifest" href="([^"]+)"', client.get("/en/").content.decode())[1]
    assert client.get(href).json()["name"]


@pytest.mark.nightly
@pytest.mark.parametrize(("file_format", "read"), [(Format.XLIFF, xliff.read), (Format.PO, po.read)])
def test_exchange_files(spoiled, file_format, read):
    content = export(ContentTexts("pl"), Scope.ALL, file_format, "https://example.org")
    assert len(read(content).units) > 100


def test_share_cards(spoiled):
    for language in ("en", "pl"):
        with translation.override(language):
            card = Card.of(PartnerUniversity.objects.first(), Alliance.objects.with_host().first(), [])
        Image.open(BytesIO(card.draw())).verify()


@pytest.mark.nightly
@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS)
def test_any_title_leaves_a_feed_and_a_card(client, title):
    title = title.encode(errors="replace").decode()
    store(Milestone, title, "title_en")
    store(PartnerUniversity, title, "name_en")
    ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    with translation.override(settings.LANGUAGE_CODE):
        Card.of(PartnerUniversity.objects.first(), Alliance.objects.with_host().first(), []).draw()
