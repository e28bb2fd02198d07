"""Every document that leaves the site is well-formed, whatever is stored."""

import json
import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from PIL import Image

from alliance.models import Alliance, Milestone
from partners.models import PartnerUniversity
from social.cards import Card
from tests.editorial.test_clean_text import TEXTS
from translations.exchange import po, xliff
from translations.exchange.export import Format, export
from translations.exchange.models import ContentTexts
from translations.exchange.units import Scope
from translations.status.fields import text_fields, translated_models

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# All control characters, both that are no character, and what ends an element or a literal.
STORED = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) + "\ufffe\uffff\U0001ffff]]></script><!--\"'&"


@pytest.fixture
def spoiled():
    """Content whose texts have all of `STORED`, as only code that goes round the gate could store it."""
    for model in translated_models():
        fields = (f"{name}_{code}" for name in text_fields(model) for code in ("en", "pl"))
        model.objects.update(**dict.fromkeys(fields, f"a{STORED}b"))


@pytest.mark.parametrize("address", ["/en/timeline/feed.xml", "/pl/os-czasu/feed.xml", "/sitemap.xml"])
def test_feed_and_sitemap(client, spoiled, address):
    response = client.get(address)
    assert response.status_code == 200
    assert len(ElementTree.fromstring(response.content)) > 5


@pytest.mark.parametrize("address", ["/en/", "/pl/", "/en/partners/university-of-oulu/", "/en/timeline/"])
def test_structured_data_of_pages(client, spoiled, address):
    html = client.get(address).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    for text in found:
        assert "\ufffe" not in text
        json.loads(text)


def test_web_manifest(client, spoiled):
    href = re.search(r'<link rel="manifest" href="([^"]+)"', client.get("/en/").content.decode())[1]
    assert client.get(href).json()["name"]


@pytest.mark.parametrize(("file_format", "read"), [(Format.XLIFF, xliff.read), (Format.PO, po.read)])
def test_exchange_files(spoiled, file_format, read):
    content = export(ContentTexts("pl"), Scope.ALL, file_format, "https://example.org")
    assert len(read(content).units) > 100


def test_share_cards(spoiled):
    for language in ("en", "pl"):
        with translation.override(language):
            card = Card.of(PartnerUniversity.objects.first(), Alliance.objects.with_host().first(), [])
        Image.open(BytesIO(card.draw())).verify()


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS)
def test_any_title_leaves_a_feed_and_a_card(client, title):
    title = title.encode(errors="replace").decode()
    Milestone.objects.update(title_en=title)
    PartnerUniversity.objects.update(name_en=title)
    ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    with translation.override(settings.LANGUAGE_CODE):
        Card.of(PartnerUniversity.objects.first(), Alliance.objects.with_host().first(), []).draw()
