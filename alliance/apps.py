from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AllianceConfig(AppConfig):
    name = "alliance"
    verbose_name = _("Alliance")

    def ready(self):
        from alliance.search import SOURCES
        from alliance.sitemaps import DeliverableSitemap, InitiativeSitemap, PageSitemap
        from pages import sitemaps
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("pages", PageSitemap)
        sitemaps.register("deliverables", DeliverableSitemap)
        sitemaps.register("initiatives", InitiativeSitemap)
