"""Feeds of all sections."""

import json
import re
from datetime import date, datetime
from xml.etree import ElementTree

import pytest

from events.models import Event
from news.models import NewsItem
from opportunities.models import Opportunity
from pages.models import Page
from tests.events.factories import make_event
from tests.news.factories import make_news
from tests.opportunities.factories import make_opportunity, make_section

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def test_items_of_two_sections_with_the_same_key_have_different_ids(client):
    make_news(key="meeting")
    make_event("meeting")
    feeds = [json.loads(client.get(f"/en/{section}/feed.json").content) for section in ("news", "events")]
    ids = [item["id"] for feed in feeds for item in feed["items"]]
    assert len(set(ids)) == len(ids)


def test_a_json_feed_without_items_has_an_empty_list_of_them(client):
    Event.objects.update(is_published=False)
    assert json.loads(client.get("/en/events/feed.json").content)["items"] == []


def test_a_feed_was_updated_at_the_last_change_and_nothing_in_it_lies_in_the_future(client, at):
    at("2031-05-01T12:00:00+00:00")
    for model in (NewsItem, Opportunity):
        model.objects.all().delete()
    make_section()
    changed = at("2031-05-02T12:00:00+00:00")
    make_news(key="to-come", date=date(2031, 6, 1))
    make_opportunity(opens_on="2031-07-01")
    at("2031-05-03T12:00:00+00:00")
    for section in ("news", "opportunities"):
        feed = ElementTree.fromstring(client.get(f"/en/{section}/feed.xml").content)
        paths = (f"{ATOM}updated", f"{ATOM}entry/{ATOM}updated", f"{ATOM}entry/{ATOM}published")
        # RFC 4287, section 4.2.15.
        assert [datetime.fromisoformat(feed.findtext(path)) for path in paths] == [changed] * 3
        (item,) = json.loads(client.get(f"/en/{section}/feed.json").content)["items"]
        assert datetime.fromisoformat(item["date_published"]) == changed


def test_a_feed_without_items_was_updated_when_its_page_was(client):
    Event.objects.update(is_published=False)
    feed = ElementTree.fromstring(client.get("/en/events/feed.xml").content)
    assert datetime.fromisoformat(feed.findtext(f"{ATOM}updated")) == Page.objects.get(kind="events").updated_at


def test_links_in_the_texts_of_a_feed_are_absolute(client):
    links = ["/en/contact/?a=1&amp;b=2", "#top", "https://example.org/", "mailto:unic@example.org", "//[x"]
    make_news(key="linked", body_en="".join(f'<p><a href="{link}">x</a></p>' for link in links))
    page = "http://testserver/en/news/item-1/"
    absolute = ["http://testserver/en/contact/?a=1&amp;b=2", f"{page}#top", *links[2:]]
    item = json.loads(client.get("/en/news/feed.json").content)["items"][0]
    feed = ElementTree.fromstring(client.get("/en/news/feed.xml").content)
    for html in (item["content_html"], feed.findtext(f"{ATOM}entry/{ATOM}summary")):
        assert re.findall('href="([^"]*)"', html) == absolute
