"""The timeline as an Atom feed."""

import re
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from alliance.models import Alliance, Milestone
from pages.models import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def feed(client):
    """Function that returns the parsed feed in one language."""

    def read(code: str = "en") -> ElementTree.Element:
        with translation.override(code):
            response = client.get(reverse("alliance:milestone-feed"))
        assert response.status_code == 200 and response["Content-Type"].startswith("application/atom+xml")
        return ElementTree.fromstring(response.content)

    return read


def texts(feed, path: str) -> list[str]:
    return [element.text for element in feed.findall("/".join(f"{ATOM}{name}" for name in path.split("/")))]


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_the_feed_lists_every_milestone_in_each_language_the_latest_first(feed, code):
    found = feed(code)
    with translation.override(code):
        titles = [f"{item.date_in_words}: {item.title}" for item in Milestone.objects.published()]
        timeline = f"http://testserver{reverse('alliance:milestones')}"
    assert texts(found, "entry/title") == titles[::-1]
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == code
    links = [link.get("href") for link in found.findall(f"{ATOM}entry/{ATOM}link")]
    assert links and all(re.fullmatch(rf"{timeline}(\?page=2)?#[a-z0-9-]+", link) for link in links)
    assert len(set(texts(found, "entry/id"))) == len(links)


def required(element, *names: str) -> dict[str, str]:
    """Return the text of each child, which the element has exactly once."""
    found = {name: element.findall(f"{ATOM}{name}") for name in names}
    assert {name: len(children) for name, children in found.items()} == dict.fromkeys(names, 1)
    return {name: children[0].text for name, children in found.items()}


@pytest.mark.parametrize("code", ["en", "pl"])
def test_the_feed_has_what_rfc_4287_requires(feed, code):
    found = feed(code)
    with translation.override(code):
        name = Alliance.objects.get().name
    root = required(found, "id", "title", "updated", "author")
    assert texts(found, "author/name") == [name]
    assert texts(found, "author/uri") == [f"http://testserver/{code}/"]
    entries = [required(entry, "id", "title", "updated") for entry in found.findall(f"{ATOM}entry")]
    assert entries and len({root["id"], *(entry["id"] for entry in entries)}) == len(entries) + 1
    for element in (root, *entries):
        assert UUID(element["id"]).version == 5 and datetime.fromisoformat(element["updated"]).tzinfo
        assert element["title"].strip()


def test_the_ids_are_the_same_after_a_change_of_domain_or_slug_and_differ_between_languages(feed, client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "new.example.org"]
    before, polish = feed(), feed("pl")
    Page.objects.filter(kind="milestones").update(title_en="Changed")
    after = ElementTree.fromstring(client.get("/en/timeline/feed.xml", headers={"host": "new.example.org"}).content)
    assert "new.example.org" in after.find(f"{ATOM}link").get("href")
    for path in ("id", "entry/id"):
        assert texts(before, path) == texts(after, path)
        assert not set(texts(before, path)) & set(texts(polish, path))


def test_an_unpublished_milestone_is_not_in_the_feed(feed):
    hidden = Milestone.objects.published().first()
    Milestone.objects.filter(pk=hidden.pk).update(is_published=False)
    assert not [title for title in texts(feed(), "entry/title") if hidden.title in title]


def test_without_a_timeline_page_there_is_no_feed(client):
    Page.objects.filter(kind="milestones").update(is_published=False)
    assert client.get("/en/timeline/feed.xml").status_code == 404


def test_the_timeline_links_to_its_feed_in_head_and_body(client):
    text = client.get("/pl/os-czasu/").content.decode()
    assert '<link rel="alternate" type="application/atom+xml"' in text
    assert text.count('href="/pl/os-czasu/feed.xml"') == 2


def test_the_feed_takes_the_same_queries_for_any_number_of_milestones(client, django_assert_max_num_queries):
    Milestone.objects.bulk_create(
        [Milestone(key=f"made-{number}", title_en="Made", date="2024-01-01", source="-") for number in range(200)]
    )
    client.get("/en/timeline/feed.xml")
    with django_assert_max_num_queries(2):
        client.get("/en/timeline/feed.xml")
