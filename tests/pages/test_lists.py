"""Pagination: each page of a list has its own URL, and the number of queries is constant."""

import re
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from alliance.models import Deliverable, Initiative, Milestone, Task
from pages.pagination import ITEMS_PER_PAGE
from tests.pages.factories import fill

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LISTS = {
    Deliverable: "alliance:deliverables",
    Initiative: "alliance:initiatives",
    Task: "alliance:tasks",
    Milestone: "alliance:milestones",
}


def headings(response) -> list[str]:
    return re.findall(r"<h2>\s*(?:<a[^>]*>)?([^<]*)", main_of(response))


def links(response) -> set[str]:
    return set(re.findall(r'href="([^"]*)"', main_of(response)))


def main_of(response) -> str:
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def title_of(response) -> str:
    return re.search("<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1]


def canonical(response) -> str:
    return re.search('<link rel="canonical" href="([^"]*)">', response.content.decode())[1]


@pytest.mark.nightly
@pytest.mark.parametrize("model", LISTS)
def test_the_pages_of_a_long_list_contain_every_item_once(client, model):
    path = reverse(LISTS[model])
    before = [heading for query in ("", "?page=2") for heading in headings(client.get(f"{path}{query}"))]
    before = len(dict.fromkeys(before))
    fill(model, 2 * ITEMS_PER_PAGE + 5)
    responses = [client.get(f"{path}{query}") for query in ("", "?page=2", "?page=3")]
    found = [heading for response in responses for heading in headings(response)]
    assert [len(headings(response)) for response in responses] == [ITEMS_PER_PAGE, ITEMS_PER_PAGE, 5]
    assert len(found[:before]) == before and found[before:] == [f"Item {n}" for n in range(before + 1, len(found) + 1)]
    assert "?page=2" in links(responses[0]) and "?page=3" in links(responses[1]) and "?page=2" in links(responses[2])
    # The link to the first page has no page number.
    assert f'rel="prev" href="{path}"' in main_of(responses[1])
    assert f'start="{ITEMS_PER_PAGE + 1}"' in main_of(responses[1])
    if model is not Milestone:
        numbers = re.findall('class="step" data-number="([0-9]+)"', "".join(map(main_of, responses)))
        assert numbers == [str(number) for number in range(1, len(found) + 1)]


@pytest.mark.nightly
@pytest.mark.parametrize("model", LISTS)
def test_a_list_takes_the_same_queries_at_any_length(client, model):
    def queries_of(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{reverse(LISTS[model])}{query}").status_code == 200
        return len(queries)

    fill(model, 2 * ITEMS_PER_PAGE)
    queries_of("")
    few = [queries_of(query) for query in ("", "?page=2")]
    fill(model, 1000)
    queries_of("")
    assert [queries_of(query) for query in ("", "?page=2")] == few
    assert max(few) <= 5
    assert len(client.get(reverse(LISTS[model])).content) < 100_000


def test_each_page_of_a_list_has_its_own_title_and_canonical_url_in_each_language(client):
    fill(Deliverable, 2 * ITEMS_PER_PAGE)
    # An untranslated page has its canonical URL in the source language.
    for code in [code for code, _name in settings.LANGUAGES]:
        Deliverable.objects.filter(key__startswith="item-").update(**{f"title_{code}": f"Item {code}"})
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            address = f"http://testserver{reverse('alliance:deliverables')}"
            first, second = (client.get(f"{address}{query}") for query in ("", "?page=2"))
        titles = [title_of(response) for response in (first, second)]
        assert titles[0] != titles[1] and re.search(r"\b2\b", titles[1])
        assert (canonical(first), canonical(second)) == (address, f"{address}?page=2")
        assert f'hreflang="{code}" href="{address}?page=2"' in second.content.decode()


def test_links_to_other_languages_keep_the_page_number(client):
    fill(Task, ITEMS_PER_PAGE + 1)
    assert 'href="/pl/zadania/?page=2"' in client.get("/en/tasks/?page=2").content.decode()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "number", ["0", "02", "-1", "1.5", "nonsense", "٢", "4", "999999999", "9" * 100, "2 OR 1=1", "2%00"]
)
def test_an_invalid_page_number_shows_the_first_page(client, number):
    fill(Milestone, 3 * ITEMS_PER_PAGE)
    first, other = client.get("/en/timeline/"), client.get(f"/en/timeline/?page={number}")
    assert main_of(other) == main_of(first)
    assert canonical(other) == canonical(first) == "http://testserver/en/timeline/"


def test_an_initiative_links_to_a_limited_number_of_others(client):
    fill(Initiative, 200)
    html = main_of(client.get(Initiative.objects.published().first().get_absolute_url()))
    assert html.count('<li class="card"') == 6


def test_the_tasks_of_an_initiative_have_pages(client):
    initiative = Initiative.objects.published().first()
    fill(Task, 2 * ITEMS_PER_PAGE)
    initiative.tasks.set(Task.objects.published().of_host())
    first, second = (client.get(f"{initiative.get_absolute_url()}{query}") for query in ("", "?page=2"))
    task_link = re.compile(r'href="/en/partners/[^"]*#([^"]+)"')
    shown = task_link.findall(main_of(first)), task_link.findall(main_of(second))
    assert [len(keys) for keys in shown] == [ITEMS_PER_PAGE, ITEMS_PER_PAGE]
    assert len({*shown[0], *shown[1]}) == 2 * ITEMS_PER_PAGE


@pytest.mark.nightly
def test_the_overview_lists_at_most_100_items_of_a_kind(client):
    fill(Deliverable, 300)
    fill(Initiative, 300)
    named = links(client.get("/en/sitemap/"))
    for section in ("deliverables", "transformation"):
        assert len([link for link in named if re.fullmatch(f"/en/{section}/[^/]+/", link)]) == 100


def test_feed_entries_link_to_their_page_of_the_timeline_and_keep_their_ids(client):
    fill(Milestone, 2 * ITEMS_PER_PAGE + 12)
    feed = ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 50
    pages = set()
    for entry in entries:
        address, _, anchor = entry.find("{http://www.w3.org/2005/Atom}link").get("href").partition("#")
        pages.add(address)
        assert f'<li id="{anchor}">' in client.get(address).content.decode()
    timeline = "http://testserver/en/timeline/"
    ids = {entry.find("{http://www.w3.org/2005/Atom}id").text for entry in entries}
    # All milestones move up by one position, but keep their IDs.
    Milestone.objects.filter(pk=Milestone.objects.published().first().pk).update(is_published=False)
    again = ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    assert {
        entry_id.text
        for entry_id in again.iterfind("{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}id")
    } == ids
    assert pages == {timeline, f"{timeline}?page=2", f"{timeline}?page=3"}
