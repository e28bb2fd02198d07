"""The list of universities and its filter, and how the cost of pages grows: not at all."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import PartnerUniversity
from tests.partners.factories import fill_with_partners

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return re.findall(r'<li class="card.*?<h3>\s*<a[^>]*>([^<]+)</a>', response.content.decode(), re.DOTALL)


def test_the_list_narrows_to_a_country(client):
    assert names(client.get("/en/partners/?country=SE")) == ["Malmö University"]


def test_the_list_narrows_to_a_role(client):
    assert names(client.get("/en/partners/?role=coordinator")) == ["Erasmus University Rotterdam"]


def test_country_and_role_narrow_together_to_nothing(client):
    response = client.get("/en/partners/?role=coordinator&country=SE")
    assert names(response) == []
    assert "No university matches." in response.content.decode()


def test_a_choice_that_does_not_exist_is_named_and_hides_nothing(client):
    response = client.get("/en/partners/?country=XX")
    assert len(names(response)) == 10
    assert "No partner is in that country." in response.content.decode()


def test_the_choice_of_countries_offers_those_that_have_partners(client):
    offered = re.findall(r'<option value="([A-Z]{2})"', client.get("/en/partners/").content.decode())
    assert sorted(offered) == ["BE", "DE", "ES", "FI", "HR", "IE", "NL", "PL", "SE", "TR"]


def test_the_language_choice_keeps_the_filter(client):
    assert 'href="/pl/partnerzy/?country=SE"' in client.get("/en/partners/?country=SE").content.decode()


def test_a_long_list_comes_in_parts(client):
    fill_with_partners(60)
    first = client.get("/en/partners/")
    assert len(names(first)) == 24
    assert "Part 1 of 3" in first.content.decode()
    assert names(client.get("/en/partners/?page=3"))[-1] == "Test University 49"
    assert len(names(client.get("/en/partners/?page=nonsense"))) == 24


def test_a_university_that_left_stays_with_its_year(client):
    PartnerUniversity.objects.filter(key="malmo-university").update(left=2026)
    response = client.get("/en/partners/")
    assert names(response)[-1] == "Malmö University"
    assert "Member from 2022 to 2026" in response.content.decode()


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/en/", 13),
        ("/en/vision/", 7),
        ("/en/deliverables/", 7),
        ("/en/deliverables/seamless-mobility/", 7),
        ("/en/transformation/", 7),
        ("/en/transformation/unic-inter-university-campus/", 8),
        ("/en/tasks/", 8),
        ("/en/partners/", 8),
        ("/en/partners/university-of-lodz/", 9),
        ("/en/timeline/", 6),
        ("/en/sitemap/", 9),
        ("/en/search/?q=university", 16),
        ("/en/accessibility/", 5),
        ("/sitemap.xml", 12),
    ],
)
def test_a_page_costs_the_same_queries_at_10_and_500_partners(client, path, most):
    with CaptureQueriesContext(
        connection,
    ) as at_ten:
        assert client.get(path).status_code == 200
    fill_with_partners(500)
    with CaptureQueriesContext(connection) as at_five_hundred:
        assert client.get(path).status_code == 200
    assert len(at_five_hundred) == len(at_ten) <= most
