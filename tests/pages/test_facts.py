"""The site tells every fact that it is made for, each on its page, in English and Polish."""

import html
import re

import pytest

from partners.models import PartnerUniversity

pytestmark = pytest.mark.django_db


def words(client, path: str) -> str:
    """What a reader sees of the page, without tags, with plain spaces."""
    text = re.sub(r"<script.*?</script>", " ", client.get(path).content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " "))


FACTS = {
    "/en/": [
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
    "/en/deliverables/": [
        "UNIC: key deliverables and activities",
        "mobility",
        "ocial inclusion",
        "ost-industrial cities",
    ],
    "/en/transformation/": [
        "UNIC: how will the alliance transform the universities that make it up?",
        "UNIC Inter-University Campus",
        "UNIC Superdiversity Academy",
        "UNIC CityLabs",
        "Mobility Hubs",
        "ultilingual communication",
        "recognition of courses",
    ],
    "/en/tasks/": [
        "UNIC: tasks for the University of Lodz",
        "UNIC Student Charter",
        "UNIC Inter-University Virtual Campus",
        "UNIC Mobility Hubs",
        "joint study programmes",
    ],
    "/en/partners/": ["Partner universities", "10 universities", "Joined in 2022", "Coordinator", "The Netherlands"],
}


@pytest.mark.parametrize("path", FACTS)
def test_the_page_tells_its_facts(client, path):
    seen = words(client, path)
    missing = [fact for fact in FACTS[path] if not any(form in seen for form in fact.split("|"))]
    assert not missing


def test_partners_stand_in_the_order_of_the_facts(client):
    cities = ["Rotterdam", "Bilbao", "Bochum", "Cork", "Istanbul", "Liège", "Oulu", "Zagreb", "Lodz", "Malmö"]
    listed = re.findall(r'<p class="place">\s*([^,<]+),', client.get("/en/partners/").content.decode())
    assert listed == cities


def test_only_the_two_that_joined_in_2022_carry_the_note(client):
    assert words(client, "/en/partners/").count("Joined in 2022") == 2
    joined = PartnerUniversity.objects.filter(joined=2022).values_list("key", flat=True)
    assert set(joined) == {"university-of-lodz", "malmo-university"}


@pytest.mark.parametrize("language", ["en", "pl"])
def test_each_partners_page_shows_its_facts(client, language):
    from django.utils import translation

    for partner in PartnerUniversity.objects.all():
        with translation.override(language):
            seen = words(client, partner.get_absolute_url())
            expected = [partner.name, partner.short_name, partner.city, partner.country.name, str(partner.founded)]
            expected += [partner.contact, partner.website_host, partner.position_in_words, partner.city_local]
            expected += [own.name for own in partner.own_names.all()]
        assert not [fact for fact in expected if fact not in seen], partner.key
