from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partner universities")

    def ready(self):
        from pages import sections, sitemaps
        from pages.models import Page
        from partners.models import PartnerUniversity
        from partners.search import SOURCES
        from search.sources import register

        register(*SOURCES)
        sitemaps.register("partners", PartnerUniversity.objects.published)
        sections.register(
            sections.Section(
                Page.Kind.PARTNERS,
                Page.Kind.PARTNERS.label,
                "partners:list",
                lambda: [(PartnerUniversity.objects.published(), ("summary",))],
            )
        )
