"""Deliverables, initiatives, projects and lines in the sitemap."""

from django.db.models import QuerySet

from alliance.models import Deliverable, Initiative, Line, Project
from pages.sitemaps import ContentSitemap


class DeliverableSitemap(ContentSitemap):
    model, section_kind = Deliverable, "deliverables"


class InitiativeSitemap(ContentSitemap):
    model, section_kind = Initiative, "initiatives"


class ProjectSitemap(ContentSitemap):
    model, section_kind = Project, "projects"


class LineSitemap(ContentSitemap):
    model, section_kind = Line, "lines"

    def published(self) -> QuerySet[Line]:
        return Line.objects.published().with_page()
