"""Projects, thematic lines and work with cities."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from alliance.models import Alliance, Contact, Deliverable, Line, Project
from pagecache.models import ContentVersion
from tests.alliance.factories import fill

UNIC4ER = "/en/projects/unic4er/"
MOBILITY = "/en/deliverables/seamless-mobility/"
CITYLAB = "/en/lines/citylab-lodz/"
SUPERDIVERSITY = "/en/lines/superdiversity/"


@pytest.mark.parametrize(
    ("language", "budget"), [("en", "€5,000,000"), ("de", "5.000.000 €"), ("pl", "5 000 000 €"), ("nl", "€ 5.000.000")]
)
def test_a_budget_is_in_whole_euros_in_the_format_of_the_language(language, budget):
    with translation.override(language):
        assert re.sub(r"\s", " ", Project(budget=5_000_000).budget_in_words) == budget
    assert Project().budget_in_words == ""


def test_a_duration_is_shown_as_far_as_it_is_known():
    first, last = date(2020, 10, 1), date(2023, 9, 30)
    assert Project(starts_on=first, ends_on=last).duration_in_words == "1 October 2020 – 30 September 2023"
    assert Project(starts_on=first).duration_in_words == "since 1 October 2020"
    assert Project(ends_on=last).duration_in_words == "until 30 September 2023"
    assert Project().duration_in_words == ""


@pytest.mark.django_db
def test_a_project_shows_its_facts_and_source(client):
    html = client.get(UNIC4ER).content.decode()
    facts = ("101035801", "Horizon 2020, Science with and for Society", "1 September 2021 – 31 August 2024")
    assert not [fact for fact in facts if fact not in html]
    assert 'href="/en/partners/erasmus-university-rotterdam/"' in html
    assert 'href="https://cordis.europa.eu/project/id/101035801" hreflang="en"' in html
    assert '"identifier": "101035801"' in html and '"dissolutionDate": "2024-08-31"' in html


@pytest.mark.django_db
def test_an_old_address_of_a_project_or_line_leads_to_the_new_one(client):
    for model, path in ((Project, UNIC4ER), (Line, SUPERDIVERSITY)):
        slug = path.split("/")[-2]
        model.objects.filter(slug_en=slug).update(slug_en="new")
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (301, path.replace(slug, "new"))


@pytest.mark.django_db
def test_thematic_lines_come_before_citylabs_with_the_universities_that_lead_them(client):
    html = client.get("/en/lines/").content.decode()
    assert re.findall(r"<h2[^>]*>\s*([^<]+?)\s*</h2>", html.partition("<main")[2])[:2] == ["Thematic lines", "CityLabs"]
    entry = html.partition('<li id="superdiversity"')[2].partition("</li>")[0]
    assert "Koç University, University of Liège" in entry and f'href="{SUPERDIVERSITY}"' in entry
    page = client.get(SUPERDIVERSITY).content.decode()
    assert 'href="/en/partners/koc-university/"' in page and 'href="/en/partners/university-of-liege/"' in page


@pytest.mark.django_db
def test_the_alliance_says_what_it_calls_its_lines(client):
    Alliance.objects.update(lines_heading_en="Missions", city_lines_heading_en="Living labs")
    ContentVersion.objects.update(name="other words")
    html = client.get("/en/lines/").content.decode().partition("<main")[2]
    assert re.findall(r"<h2[^>]*>\s*([^<]+?)\s*</h2>", html)[:2] == ["Missions", "Living labs"]
    assert "Living labs in other cities" in client.get(CITYLAB).content.decode()


@pytest.mark.django_db
def test_without_a_heading_of_the_alliance_lines_have_neutral_ones(client):
    Alliance.objects.update(lines_heading_en="", city_lines_heading_en="")
    ContentVersion.objects.update(name="no words")
    html = client.get("/en/lines/").content.decode().partition("<main")[2]
    assert re.findall(r"<h2[^>]*>\s*([^<]+?)\s*</h2>", html)[:2] == ["Thematic lines", "Work with cities"]
    assert re.search(r"<h2[^>]*>In other cities</h2>", client.get(CITYLAB).content.decode())


@pytest.mark.nightly
@pytest.mark.django_db
def test_a_line_without_a_text_is_an_entry_of_the_list(client):
    line = Line.objects.get(key="art-culture-and-creativity")
    assert line.get_absolute_url() == "/en/lines/#art-culture-and-creativity"
    response = client.get(f"/en/lines/{line.slug}/")
    assert (response.status_code, response["Location"]) == (302, line.get_absolute_url())
    entry = client.get("/en/lines/").content.decode().partition(f'<li id="{line.key}"')[2].partition("</li>")[0]
    assert "/en/lines/" not in entry and 'href="https://unic.eu/en/thematic-lines"' in entry
    assert line.slug not in client.get("/sitemap.xml").content.decode()


@pytest.mark.django_db
def test_a_line_keeps_its_page_in_languages_without_its_text(client):
    with translation.override("pl"):
        assert Line.objects.with_page().filter(key="superdiversity").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "path"), [(Project, UNIC4ER), (Line, CITYLAB), (Deliverable, MOBILITY)])
def test_an_item_links_to_six_others_of_its_kind(client, model, path):
    fill(model, 40)
    related = client.get(path).content.decode().partition('id="related-heading"')[2].partition("</ul>")[0]
    assert related.count("<h3>") == 6 and path not in related and "Thematic line" not in related


@pytest.mark.nightly
@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize(
    ("model", "path", "page"),
    [(Contact, "/en/contact/", ""), (Project, "/en/projects/", UNIC4ER), (Line, "/en/lines/", SUPERDIVERSITY)],
)
def test_lists_and_pages_take_the_same_queries_at_any_size(client, model, path, page):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [path, f"{path}?page=2", *filter(None, [page])]
    fill(model, 100)
    queries(path)
    few = [queries(address) for address in addresses]
    fill(model, 1000)
    queries(path)
    assert [queries(address) for address in addresses] == few
    assert len(client.get(path).content) < 150_000
