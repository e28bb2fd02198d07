from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partner universities")

    def ready(self):
        from pages import sitemaps
        from partners.search import entries
        from partners.sitemaps import PartnerSitemap
        from search.index import register

        register(entries)
        sitemaps.register("partners", PartnerSitemap)
