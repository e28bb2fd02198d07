"""Pages of the alliance in the sitemap."""

from functools import cached_property

from alliance import sections
from alliance.models import Deliverable, Initiative
from pages.models import Page
from pages.sitemaps import ContentSitemap


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
