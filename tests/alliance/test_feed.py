"""The timeline as a feed, for who would rather be told than come and look."""

from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from alliance.models import Milestone
from pages.models import Page

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def feed(client):
    """A function that reads the feed in a language."""

    def read(code: str = "en") -> ElementTree.Element:
        with translation.override(code):
            response = client.get(reverse("alliance:milestone-feed"))
        assert response.status_code == 200 and response["Content-Type"].startswith("application/atom+xml")
        return ElementTree.fromstring(response.content)

    return read


def texts(feed, path: str) -> list[str]:
    return [element.text for element in feed.findall("/".join(f"{ATOM}{name}" for name in path.split("/")))]


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_it_tells_each_milestone_in_each_language_the_latest_first(feed, code):
    found = feed(code)
    with translation.override(code):
        told = [f"{one.date_in_words}: {one.title}" for one in Milestone.objects.published()]
        timeline = f"http://testserver{reverse('alliance:milestones')}"
    assert texts(found, "entry/title") == told[::-1]
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == code
    links = [link.get("href") for link in found.findall(f"{ATOM}entry/{ATOM}link")]
    assert links and all(link.startswith(f"{timeline}#") for link in links)
    assert len(set(texts(found, "entry/id"))) == len(links)


def test_a_milestone_that_is_not_on_the_site_is_not_told(feed):
    hidden = Milestone.objects.published().first()
    Milestone.objects.filter(pk=hidden.pk).update(is_published=False)
    assert not [title for title in texts(feed(), "entry/title") if hidden.title in title]


def test_without_a_timeline_there_is_none(client):
    Page.objects.filter(kind="milestones").update(is_published=False)
    assert client.get("/en/timeline/feed.xml").status_code == 404


def test_the_timeline_names_its_feed_to_readers_and_to_their_programs(client):
    text = client.get("/pl/os-czasu/").content.decode()
    assert '<link rel="alternate" type="application/atom+xml"' in text
    assert text.count('href="/pl/os-czasu/feed.xml"') == 2


def test_it_is_read_with_the_same_queries_however_many_there_are(client, django_assert_max_num_queries):
    Milestone.objects.bulk_create(
        [Milestone(key=f"made-{number}", title_en="Made", date="2024-01-01", source="-") for number in range(200)]
    )
    client.get("/en/timeline/feed.xml")
    with django_assert_max_num_queries(2):
        client.get("/en/timeline/feed.xml")
