from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.blocks import home_block, partner_block
        from events.models import Event
        from events.search import SOURCES
        from pages import blocks, sections, sitemaps
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("events", Event.objects.published)
        sections.register(
            sections.Section(
                "events",
                _("list of events"),
                "events:list",
                lambda: [(Event.objects.published(), ("title", "summary"))],
            )
        )
        blocks.register(blocks.BlockPage.HOME, 20, home_block)
        blocks.register(blocks.BlockPage.PARTNER, 20, partner_block)
