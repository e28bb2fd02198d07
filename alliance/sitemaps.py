"""sitemap.xml: every published page in every language that is offered, each with its alternates."""

from django.conf import settings
from django.contrib.sitemaps import Sitemap

from alliance.models import Deliverable, Initiative
from pages.models import Page
from partners.models import PartnerUniversity


class ContentSitemap(Sitemap):
    """The published items of one model that has pages."""

    i18n = True
    alternates = True
    languages = [code for code, _ in settings.LANGUAGES]
    model = None

    def items(self):
        return self.model.objects.published()

    def lastmod(self, item):
        return item.updated_at


class PageSitemap(ContentSitemap):
    model = Page

    def items(self):
        # A page of search results is no place that a search engine should lead to.
        return super().items().exclude(kind=Page.Kind.SEARCH)


class DeliverableSitemap(ContentSitemap):
    model = Deliverable


class InitiativeSitemap(ContentSitemap):
    model = Initiative


class PartnerSitemap(ContentSitemap):
    model = PartnerUniversity


SITEMAPS = {
    "pages": PageSitemap,
    "deliverables": DeliverableSitemap,
    "initiatives": InitiativeSitemap,
    "partners": PartnerSitemap,
}
