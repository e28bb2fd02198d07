"""Events as feeds."""

from django.utils.html import format_html

from events.models import Event
from opendata.feeds import FilteredFeed


class EventFeed(FilteredFeed):
    """The events that match a filter, the latest first."""

    kind = "events"

    def item_title(self, event: Event) -> str:
        return f"{event.date_in_words}: {event.title}"

    def item_description(self, event: Event) -> str:
        place = event.place or event.get_format_display()
        texts = (event.body or "") + (event.report if event.has_report else "")
        return format_html("<p>{}</p><p>{}</p>", place, event.summary) + texts
