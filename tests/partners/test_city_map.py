"""The map of its city on the page of a university, which loads only with consent."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from consent.models import EmbeddedContent
from pagecache.models import ContentVersion
from partners.models import PartnerUniversity
from tests.consent.visitors import press

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = "/en/partners/university-of-lodz/"


def page(client, path: str = PAGE) -> tuple[str, str]:
    """The page and the sources of frames that its policy allows."""
    response = client.get(path)
    directives = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    return response.content.decode(), directives.get("frame-src", "")


@pytest.fixture
def allowing():
    """A visitor who allowed the provider of the maps."""
    client = Client()
    press(client, "allow", PAGE, providers=["openstreetmap"])
    return client


def test_each_university_has_a_map_around_its_city():
    partners = PartnerUniversity.objects.select_related("map__provider")
    assert len(partners) == 10
    for partner in partners:
        place = (float(partner.latitude), float(partner.longitude))
        frame = parse_qs(urlsplit(partner.map.frame_url).query)
        west, south, east, north = map(float, frame["bbox"][0].split(","))
        assert tuple(map(float, frame["marker"][0].split(","))) == place
        assert (south + north) / 2 == pytest.approx(place[0], abs=1e-4)
        assert (west + east) / 2 == pytest.approx(place[1], abs=1e-4)
        link = parse_qs(urlsplit(partner.map.page_url).query)
        assert (float(link["mlat"][0]), float(link["mlon"][0])) == place
        partner.map.full_clean()


@pytest.mark.parametrize("code", settings.CONTENT_LANGUAGES)
def test_without_consent_the_page_names_the_map_and_asks_in_each_language(client, code):
    partner = PartnerUniversity.objects.select_related("map").get(key="malmo-university")
    with translation.override(code):
        html, frames = page(client, partner.get_absolute_url())
        assert f'<p class="embed-title">{partner.map.title}</p>' in html
    assert partner.city in partner.map.title
    assert 'value="allow"' in html and 'name="show_once"' in html
    assert f'href="{partner.map.page_url.replace("&", "&amp;")}"' in html
    assert "<iframe" not in html and frames == ""
    assert "data-untranslated" not in html.partition('class="embed')[2].partition("</figure>")[0]


def test_with_consent_the_page_shows_the_map(allowing):
    html, frames = page(allowing)
    assert "<iframe" in html and "marker=51.76000%2C19.46000" in html
    assert frames == "https://www.openstreetmap.org"


def test_a_university_without_a_map_has_no_place_for_one(allowing):
    PartnerUniversity.objects.filter(key="university-of-lodz").update(map=None)
    html, frames = page(allowing)
    assert 'class="embed' not in html and 'id="city-heading"' in html and frames == ""
    PartnerUniversity.objects.filter(key="university-of-lodz").update(city_story="", city_story_en="")
    ContentVersion.objects.update(name="without the city")
    assert 'id="city-heading"' not in page(allowing)[0]


def test_a_map_that_is_not_published_is_a_link(allowing):
    EmbeddedContent.objects.filter(key="map-of-lodz").update(is_published=False)
    html, frames = page(allowing)
    assert "<iframe" not in html and 'value="allow"' not in html and frames == ""
    assert 'href="https://www.openstreetmap.org/?mlat=51.76&amp;mlon=19.46' in html


def test_a_university_stays_when_its_map_is_deleted():
    EmbeddedContent.objects.get(key="map-of-lodz").delete()
    assert PartnerUniversity.objects.get(key="university-of-lodz").map is None


def test_the_map_takes_no_query_of_its_own(client):
    def queries() -> int:
        client.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    with_map = queries()
    PartnerUniversity.objects.update(map=None)
    assert queries() == with_map
