"""Texts of the events for the search."""

from events.models import Event
from search.sources import Source

SOURCES = (
    Source(
        Event,
        title=("title",),
        summary=("summary", "place", Event.get_format_display),
        text=("body", "report", lambda event: event.date_in_words),
        shown=Event.objects.published,
    ),
)
