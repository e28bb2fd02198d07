"""Events as feeds."""

from typing import Any

from django.db.models import QuerySet
from django.utils.feedgenerator import SyndicationFeed
from django.utils.html import format_html

from events.models import Event, EventQuerySet
from opendata.feeds import MAX_ENTRIES, AtomFeed, SectionFeed


class EventFeed(SectionFeed):
    """The events of a filter, the latest first."""

    kind = "events"

    def __init__(
        self,
        publisher: Any,
        events: EventQuerySet,
        filter_query: str = "",
        feed_type: type[SyndicationFeed] = AtomFeed,
    ):
        super().__init__(publisher, filter_query, feed_type)
        self.events = events

    def items(self) -> QuerySet[Event]:
        return self.events[:MAX_ENTRIES]

    def item_title(self, event: Event) -> str:
        return f"{event.date_in_words}: {event.title}"

    def item_description(self, event: Event) -> str:
        place = event.place or event.get_format_display()
        texts = (event.body or "") + (event.report if event.has_report else "")
        return format_html("<p>{}</p><p>{}</p>", place, event.summary) + texts

    def item_categories(self, event: Event) -> list[str]:
        return [topic.name for topic in event.published_topics]
