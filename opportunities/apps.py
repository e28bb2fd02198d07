from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpportunitiesConfig(AppConfig):
    name = "opportunities"
    verbose_name = _("Opportunities")

    def ready(self):
        from opportunities.blocks import home_block, partner_block
        from opportunities.models import Opportunity
        from opportunities.search import SOURCES
        from pages import blocks, sections, sitemaps
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("opportunities", Opportunity.objects.published)
        sections.register(
            sections.Section(
                "opportunities",
                _("list of opportunities"),
                "opportunities:list",
                lambda: [(Opportunity.objects.published(), ("title", "summary"))],
            )
        )
        blocks.register(blocks.BlockPage.HOME, 10, home_block)
        blocks.register(blocks.BlockPage.PARTNER, 10, partner_block)
