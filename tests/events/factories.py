"""Events for tests."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from events.models import Event
from partners.models import PartnerUniversity
from topics.models import Audience, Topic


def days_from_now(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def make_event(key: str = "meeting", **fields: Any) -> Event:
    """A saved event of one day, in ten days, at a place. `fields` replace the defaults."""
    links = {name: fields.pop(name) for name in ("audiences", "topics", "members") if name in fields}
    defaults = {
        "key": key,
        "title_en": f"The {key}",
        "summary_en": f"What the {key} is about.",
        "starts_on": days_from_now(10),
        "place_en": "Oulu, City Hall",
    }
    event = Event.objects.create(**defaults | fields)
    models: dict[str, Any] = {"audiences": Audience, "topics": Topic, "members": PartnerUniversity}
    for name, keys in links.items():
        getattr(event, name).set(models[name].objects.filter(key__in=keys))
    return event


def fill_with_events(total: int, first_day: date) -> None:
    """Add events with a topic and two universities, one a day from `first_day` on, until there are `total`."""
    numbers = range(Event.objects.count() + 1, total + 1)
    events = [
        Event(
            key=f"item-{number}",
            slug_en=f"item-{number}",
            title_en=f"Item {number}",
            summary_en="A day.",
            body_en="<p>Long.</p>",
            report_en="<p>Much.</p>",
            starts_on=first_day + timedelta(days=number % 3000),
        )
        for number in numbers
    ]
    for event in events:
        event.starts_at, event.ends_at = event.moments()
    made = Event.objects.bulk_create(events)
    topics, members = Event.topics.through, Event.members.through
    cities = Topic.objects.get(key="cities")
    universities = list(PartnerUniversity.objects.filter(key__in=["university-of-oulu", "university-of-lodz"]))
    topics.objects.bulk_create(topics(event=event, topic=cities) for event in made)
    members.objects.bulk_create(
        members(event=event, partneruniversity=university) for event in made for university in universities
    )
