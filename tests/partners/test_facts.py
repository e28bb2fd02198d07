"""Facts of a university: its city, what the alliance means there, students, and identifiers in registers."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from alliance.models import Alliance
from partners.models import PartnerUniversity
from tests.partners.factories import make_partner

LODZ = "/en/partners/university-of-lodz/"


def section(html: str, heading: str) -> str:
    return html.partition(f'aria-labelledby="{heading}"')[2].partition("</section>")[0]


@pytest.mark.django_db
def test_the_city_has_its_story_and_source(client):
    city = section(client.get("/en/partners/university-of-zagreb/").content.decode(), "city-heading")
    assert "water tower" in city
    assert re.search(r'href="https://www\.monitor\.hr/[^"]+"\s+hreflang="hr"\s+lang="hr"', city)


@pytest.mark.django_db
def test_the_page_says_what_the_alliance_means_at_the_university(client):
    Alliance.objects.update(acronym="OTHER")
    role = section(client.get(LODZ).content.decode(), "role-heading")
    assert "ten common challenges" in role and "What OTHER means here" in role


@pytest.mark.django_db
def test_identifiers_link_to_their_registers_and_are_structured_data(client):
    PartnerUniversity.objects.filter(key="university-of-lodz").update(wikidata="Q42")
    html = client.get(LODZ).content.decode()
    facts = section(html, "facts-heading")
    assert 'href="https://ror.org/05cq64r17"' in facts and 'href="https://www.wikidata.org/wiki/Q42"' in facts
    assert '<span class="code">PL LODZ01</span>' in facts and "uni.lodz.pl" in facts
    data = [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]
    university = next(item for item in data if item["@type"] == "CollegeOrUniversity")
    assert university["sameAs"][1:] == ["https://ror.org/05cq64r17", "https://www.wikidata.org/wiki/Q42"]
    assert {item["propertyID"]: item["value"] for item in university["identifier"]} == {
        "ROR": "05cq64r17",
        "Wikidata": "Q42",
        "Erasmus": "PL LODZ01",
        "SCHAC": "uni.lodz.pl",
    }


@pytest.mark.django_db
def test_a_number_of_students_is_shown_with_its_year(client):
    assert "Students" not in section(client.get(LODZ).content.decode(), "facts-heading")
    PartnerUniversity.objects.filter(key="university-of-oulu").update(students=14200, students_year=2024)
    facts = section(client.get("/en/partners/university-of-oulu/").content.decode(), "facts-heading")
    assert "14,200" in facts and "as of 2024" in facts
    with translation.override("de"):
        assert PartnerUniversity.objects.get(key="university-of-oulu").students_in_digits == "14.200"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ror", "https://ror.org/05cq64r17"),
        ("ror", "05CQ64R17"),
        ("ror", "15cq64r17"),
        ("erasmus_code", "D BOCHUM01"),
        ("erasmus_code", "PL  LODZ01"),
        ("erasmus_code", "pl lodz01"),
        ("domain", "https://uni.lodz.pl"),
        ("domain", "Uni.lodz.pl"),
        ("domain", "localhost"),
        ("wikidata", "42"),
        ("wikidata", "Q042"),
    ],
)
def test_an_identifier_in_another_form_is_refused(field, value):
    with pytest.raises(ValidationError) as error:
        make_partner(**{field: value}).clean_fields()
    assert list(error.value.error_dict) == [field]


@pytest.mark.parametrize("code", ["E  BILBAO02", "IRLCORK01", "SF OULU01", "NL ROTTERD01", "UK LONDON097", "S  LUND01"])
def test_erasmus_codes_have_the_country_in_three_places(code):
    make_partner(erasmus_code=code).clean_fields()
