"""The events in the sitemap."""

from events.models import Event
from pages.sitemaps import ContentSitemap


class EventSitemap(ContentSitemap):
    model, section_kind = Event, "events"
