from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AllianceConfig(AppConfig):
    name = "alliance"
    verbose_name = _("Alliance")

    def ready(self):
        from alliance.models import Deliverable, Initiative, Line, Project
        from alliance.models.alliance import missing_alliance
        from alliance.search import SOURCES
        from alliance.sections import SECTIONS
        from editorial.content_files import register_needed
        from pages import sections, sitemaps
        from search.sources import register

        register_needed(missing_alliance)
        register(*SOURCES)
        sections.register(*SECTIONS)
        sitemaps.register("deliverables", Deliverable.objects.published)
        sitemaps.register("initiatives", Initiative.objects.published)
        sitemaps.register("projects", Project.objects.published)
        sitemaps.register("lines", lambda: Line.objects.published().with_page())
