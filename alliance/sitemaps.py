"""Deliverables and initiatives in the sitemap."""

from alliance.models import Deliverable, Initiative
from pages.sitemaps import ContentSitemap


class DeliverableSitemap(ContentSitemap):
    model = Deliverable


class InitiativeSitemap(ContentSitemap):
    model = Initiative
