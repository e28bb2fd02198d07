"""Lists come part by part, each with an address of its own, and cost the same however long they are."""

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

pytestmark = pytest.mark.django_db
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


def canonical(response) -> str:
    return re.search('<link rel="canonical" href="([^"]*)">', response.content.decode())[1]


@pytest.mark.parametrize("model", LISTS)
def test_a_long_list_comes_in_parts_and_leaves_nothing_out(client, model):
    path = reverse(LISTS[model])
    whole = len(headings(client.get(path)))
    fill(model, 2 * ITEMS_PER_PAGE + 5)
    parts = [client.get(f"{path}{query}") for query in ("", "?page=2", "?page=3")]
    told = [heading for part in parts for heading in headings(part)]
    assert [len(headings(part)) for part in parts] == [ITEMS_PER_PAGE, ITEMS_PER_PAGE, 5]
    assert len(told[:whole]) == whole and told[whole:] == [f"Item {n}" for n in range(whole + 1, len(told) + 1)]
    assert "?page=2" in links(parts[0]) and "?page=3" in links(parts[1]) and "?page=2" in links(parts[2])
    # The way back to the first is its own address.
    assert f'rel="prev" href="{path}"' in main_of(parts[1])
    assert f'start="{ITEMS_PER_PAGE + 1}"' in main_of(parts[1])
    if model is not Milestone:
        numbers = re.findall('class="step" data-number="([0-9]+)"', "".join(map(main_of, parts)))
        assert numbers == [str(number) for number in range(1, len(told) + 1)]


@pytest.mark.parametrize("model", LISTS)
def test_a_list_costs_the_same_however_long_it_is(client, model):
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


def test_each_part_has_its_own_title_and_is_canonical_in_each_language(client):
    fill(Deliverable, 2 * ITEMS_PER_PAGE)
    # A page that lacks a translation has its canonical address in the source language.
    for code in [code for code, _name in settings.LANGUAGES]:
        Deliverable.objects.filter(key__startswith="item-").update(**{f"title_{code}": f"Item {code}"})
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            address = f"http://testserver{reverse('alliance:deliverables')}"
            first, second = (client.get(f"{address}{query}") for query in ("", "?page=2"))
        titles = [re.search("<title>(.*?)</title>", one.content.decode(), re.DOTALL)[1] for one in (first, second)]
        assert titles[0] != titles[1] and " 2 " in titles[1]
        assert (canonical(first), canonical(second)) == (address, f"{address}?page=2")
        assert f'hreflang="{code}" href="{address}?page=2"' in second.content.decode()


def test_the_language_choice_keeps_the_part(client):
    fill(Task, ITEMS_PER_PAGE + 1)
    assert 'href="/pl/zadania/?page=2"' in client.get("/en/tasks/?page=2").content.decode()


@pytest.mark.parametrize(
    "number", ["0", "02", "-1", "1.5", "nonsense", "٢", "4", "999999999", "9" * 100, "2 OR 1=1", "2%00"]
)
def test_a_part_that_is_not_there_shows_the_first(client, number):
    fill(Milestone, 3 * ITEMS_PER_PAGE)
    first, other = client.get("/en/timeline/"), client.get(f"/en/timeline/?page={number}")
    assert main_of(other) == main_of(first)
    assert canonical(other) == canonical(first) == "http://testserver/en/timeline/"


def test_the_home_page_shows_the_first_and_leads_to_the_whole(client):
    whole_list = re.compile(r'<p>\s*<a href="([^"]*)">')
    assert whole_list.findall(main_of(client.get("/en/"))) == []
    for model in (Task, Deliverable):
        fill(model, ITEMS_PER_PAGE)
    assert whole_list.findall(main_of(client.get("/en/"))) == []
    for model in (Task, Deliverable):
        fill(model, ITEMS_PER_PAGE + 1)
    home = client.get("/en/")
    assert whole_list.findall(main_of(home)) == ["/en/deliverables/", "/en/tasks/"]
    tasks = {link.partition("#")[2] for link in links(home) if link.startswith("/en/tasks/#")}
    assert len(tasks) == ITEMS_PER_PAGE
    on_page = set(re.findall(r'<li id="([^"]+)" class="step"', client.get("/en/tasks/").content.decode()))
    assert tasks == on_page


def test_a_page_leads_to_some_of_the_others_of_its_kind(client):
    fill(Initiative, 200)
    html = main_of(client.get(Initiative.objects.published().first().get_absolute_url()))
    assert html.count('<li class="card"') == ITEMS_PER_PAGE


def test_an_initiative_shows_the_tasks_that_serve_it_in_parts(client):
    initiative = Initiative.objects.published().first()
    fill(Task, 2 * ITEMS_PER_PAGE)
    initiative.tasks.set(Task.objects.published().of_host())
    first, second = (client.get(f"{initiative.get_absolute_url()}{query}") for query in ("", "?page=2"))
    of_tasks = re.compile(r'href="/en/partners/[^"]*#([^"]+)"')
    shown = of_tasks.findall(main_of(first)), of_tasks.findall(main_of(second))
    assert [len(part) for part in shown] == [ITEMS_PER_PAGE, ITEMS_PER_PAGE]
    assert len({*shown[0], *shown[1]}) == 2 * ITEMS_PER_PAGE


def test_the_overview_names_a_hundred_of_a_kind_at_most(client):
    fill(Deliverable, 300)
    fill(Initiative, 300)
    named = links(client.get("/en/sitemap/"))
    for section in ("deliverables", "transformation"):
        assert len([link for link in named if re.fullmatch(f"/en/{section}/[^/]+/", link)]) == 100


def test_the_feed_tells_the_latest_and_leads_to_the_part_they_stand_on(client):
    fill(Milestone, 2 * ITEMS_PER_PAGE + 12)
    feed = ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 50
    parts = set()
    for entry in entries:
        address, _, anchor = entry.find("{http://www.w3.org/2005/Atom}link").get("href").partition("#")
        parts.add(address)
        assert f'<li id="{anchor}">' in client.get(address).content.decode()
    timeline = "http://testserver/en/timeline/"
    ids = {entry.find("{http://www.w3.org/2005/Atom}id").text for entry in entries}
    # All move up by one, and are no news.
    Milestone.objects.filter(pk=Milestone.objects.published().first().pk).update(is_published=False)
    again = ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)
    assert {
        one.text for one in again.iterfind("{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}id")
    } == ids
    assert parts == {timeline, f"{timeline}?page=2", f"{timeline}?page=3"}
