from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsConfig(AppConfig):
    name = "news"
    verbose_name = _("News")

    def ready(self):
        from news.blocks import home_block, partner_block
        from news.models import NewsItem
        from news.search import SOURCES
        from pages import blocks, sections, sitemaps
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("news", NewsItem.objects.published)
        sections.register(
            sections.Section(
                "news", _("news"), "news:list", lambda: [(NewsItem.objects.published(), ("title", "summary"))]
            )
        )
        blocks.register(blocks.BlockPage.HOME, 30, home_block)
        blocks.register(blocks.BlockPage.PARTNER, 30, partner_block)
