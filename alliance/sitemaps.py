"""sitemap.xml: every published page in each language in which its body is there, with its alternates.

Where one file would be too long, it is an index of several: https://www.sitemaps.org/protocol.html#index.
"""

from functools import cached_property

from django.conf import settings
from django.contrib.sitemaps import Sitemap

from alliance import sections
from alliance.models import Deliverable, Initiative
from pages.models import Page
from partners.models import PartnerUniversity


class ContentSitemap(Sitemap):
    """The published items of one model that has pages."""

    i18n = True
    alternates = True
    # So many addresses in a file: with their alternates they stay below the protocol's 50 MB, and are made in seconds.
    limit = 5000
    model = None

    def items(self):
        return self.found

    @cached_property
    def found(self) -> list:
        return list(self.published())

    def published(self):
        return self.model.objects.published()

    def get_languages_for_item(self, item):
        there = self.languages_of(item)
        return [code for code, _name in settings.LANGUAGES if code in there]

    def languages_of(self, item) -> set[str]:
        return item.languages()

    def lastmod(self, item):
        return item.updated_at


class PageSitemap(ContentSitemap):
    model = Page

    @cached_property
    def of_lists(self) -> dict[str, set[str]]:
        return sections.languages_of_lists()

    def published(self):
        # A page of search results is no place that a search engine should lead to.
        return super().published().exclude(kind=Page.Kind.SEARCH)

    def languages_of(self, item):
        return sections.languages(item, self.of_lists)


class DeliverableSitemap(ContentSitemap):
    model = Deliverable


class InitiativeSitemap(ContentSitemap):
    model = Initiative


class PartnerSitemap(ContentSitemap):
    model = PartnerUniversity


def sitemaps() -> dict[str, ContentSitemap]:
    return {
        "pages": PageSitemap(),
        "deliverables": DeliverableSitemap(),
        "initiatives": InitiativeSitemap(),
        "partners": PartnerSitemap(),
    }
