"""Feeds of all sections."""

import json

import pytest

from events.models import Event
from tests.events.factories import make_event
from tests.news.factories import make_news

pytestmark = pytest.mark.django_db


def test_items_of_two_sections_with_the_same_key_have_different_ids(client):
    make_news(key="meeting")
    make_event("meeting")
    feeds = [json.loads(client.get(f"/en/{section}/feed.json").content) for section in ("news", "events")]
    ids = [item["id"] for feed in feeds for item in feed["items"]]
    assert len(set(ids)) == len(ids)


def test_a_json_feed_without_items_has_an_empty_list_of_them(client):
    Event.objects.update(is_published=False)
    assert json.loads(client.get("/en/events/feed.json").content)["items"] == []
