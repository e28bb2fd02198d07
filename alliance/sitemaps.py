"""Deliverables, initiatives, projects and lines in the sitemap."""

from django.db.models import QuerySet

from alliance.models import Deliverable, Initiative, Line, Project
from pages.sitemaps import ContentSitemap


class DeliverableSitemap(ContentSitemap):
    model = Deliverable


class InitiativeSitemap(ContentSitemap):
    model = Initiative


class ProjectSitemap(ContentSitemap):
    model = Project


class LineSitemap(ContentSitemap):
    model = Line

    def published(self) -> QuerySet[Line]:
        return Line.objects.published().with_page()
