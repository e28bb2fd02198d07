"""The required facts are on their pages, in English and Polish."""

import html
import re

import pytest
from django.urls import reverse
from django.utils import translation

from pages.templatetags.layout import host
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def visible_text(client, path: str) -> str:
    """The text of the page without tags, with plain spaces."""
    text = re.sub(r"<script.*?</script>", " ", client.get(path).content.decode(), flags=re.DOTALL)
    plain = {"\u00a0": " ", "\u2011": "-", "\u2060": ""}
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)).translate(str.maketrans(plain)))


FACTS = {
    "/en/": ["Ten European universities, open to you", "University of Lodz", "Istanbul", "14.4"],
    "/en/alliance/": [
        "University of Lodz in the UNIC alliance: what is UNIC?",
        "European University of Cities in Post-Industrial Transition",
        "European University of Post-Industrial Cities",
        "/juːˈniːk/",
        "UNIC 2.0",
        "2023–2027",
        "41",
        "44",
        "50",
        "64",
        "2022",
        "2024",
        "ocial inclusion",
        "uperdiversity",
        "ustainable development",
        "ocial impact",
        "obility",
    ],
    "/pl/": ["Uniwersytet Łódzki", "Stambuł", "14,4"],
    "/en/vision/": [
        "UNIC: vision for the future",
        "Students",
        "Doctoral students",
        "Researchers",
        "dministrative staff",
        "CityLabs",
        "European Education Area",
        "migrant",
    ],
    "/pl/wizja/": ["UNIC: wizja przyszłości", "CityLabs", "Doktoranci", "migra"],
    "/en/deliverables/": [
        "UNIC: key deliverables and activities",
        "mobility",
        "ocial inclusion",
        "ost-industrial cities",
        "irtual mobility and online classes",
    ],
    "/en/transformation/": [
        "UNIC: how will the alliance transform the universities that make it up?",
        "UNIC Inter-University Campus",
        "UNIC Superdiversity Academy",
        "UNIC CityLabs",
        "Mobility Hubs",
        "ultilingual communication",
        "recognition of courses",
        "ractical advice",
        "executive training and lifelong learning",
        "challenge-based learning",
    ],
    "/en/tasks/": [
        "UNIC: tasks for the University of Lodz",
        "UNIC Student Charter",
        "UNIC Inter-University Virtual Campus",
        "UNIC Mobility Hubs",
        "joint study programmes",
    ],
    "/pl/zadania/": ["Uniwersytet", "UNIC Student Charter"],
    "/en/partners/": ["Partner universities", "10 universities", "Joined in 2022", "Coordinator", "The Netherlands"],
    "/pl/partnerzy/": ["10 uczelni", "2022", "Niderlandy", "Turcja"],
    "/en/timeline/": [
        "5 February 2020",
        "9 July 2020",
        "Horizon 2020",
        "Creathon",
        "27 January 2023",
        "14.4 million",
        "1 October 2023",
        "4–5 December 2023",
        "Redesigning the Post-Industrial City",
        "Centre for City Futures",
        "Centre for Teaching and Learning",
        "Capacity Building Centre",
        "17 November 2023",
        "unic.eu",
        "ULiège and seven other European universities sign the mission statement",
        "KUnnection June 2021",
        "uni.lodz.pl",
    ],
    "/pl/os-czasu/": ["5 lutego 2020", "Creathon", "14,4", "4–5 grudnia 2023", "17 listopada 2023"],
}


@pytest.mark.parametrize("path", FACTS)
def test_the_required_facts_are_on_the_page(client, path):
    text = visible_text(client, path)
    assert not [fact for fact in FACTS[path] if fact not in text]


def test_the_polish_page_about_the_alliance_has_the_same_facts(client):
    with translation.override("pl"):
        text = visible_text(client, reverse("alliance:about"))
    expected = ["/juːˈniːk/", "UNIC 2.0", "2023–2027", "41", "44", "50", "64"]
    assert not [fact for fact in expected if fact not in text]


def test_partners_are_listed_in_the_required_order(client):
    cities = ["Rotterdam", "Bilbao", "Bochum", "Cork", "Istanbul", "Liège", "Oulu", "Zagreb", "Lodz", "Malmö"]
    listed = re.findall(r'<p class="partner-city">\s*([^,<]+),', client.get("/en/partners/").content.decode())
    assert listed == cities


def test_only_the_two_partners_that_joined_in_2022_have_the_note(client):
    assert visible_text(client, "/en/partners/").count("Joined in 2022") == 2
    joined = PartnerUniversity.objects.filter(joined=2022).values_list("key", flat=True)
    assert set(joined) == {"university-of-lodz", "malmo-university"}


def test_lodz_has_five_tasks_and_the_campus_four_parts(client):
    assert client.get("/en/tasks/").content.decode().count('class="step"') == 5
    assert client.get("/pl/zadania/").content.decode().count('class="step"') == 5
    assert len(re.findall(r"<a href=\"[^\"]+#campus-", client.get("/en/transformation/").content.decode())) == 4


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "pl"])
def test_each_partners_page_shows_its_facts(client, language):
    for partner in PartnerUniversity.objects.all():
        with translation.override(language):
            text = visible_text(client, partner.get_absolute_url())
            expected = [partner.name, partner.short_name, partner.city, partner.country.name, str(partner.founded)]
            expected += [partner.contact, host(partner.website), partner.city_local]
            expected.append(partner.position_in_words.replace("\N{NO-BREAK SPACE}", " "))
            expected += [own_name.name for own_name in partner.own_names.all()]
        assert not [fact for fact in expected if fact not in text], partner.key
