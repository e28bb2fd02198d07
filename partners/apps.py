from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partner universities")

    def ready(self):
        from pages import sitemaps
        from partners.search import SOURCES
        from partners.sitemaps import PartnerSitemap
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("partners", PartnerSitemap)
