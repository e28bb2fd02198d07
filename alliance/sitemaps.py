"""Pages, deliverables and initiatives in the sitemap."""

from functools import cached_property

from django.db.models import QuerySet

from alliance import sections
from alliance.models import Deliverable, Initiative
from pages.models import Page
from pages.sitemaps import ContentSitemap


class PageSitemap(ContentSitemap):
    model = Page

    @cached_property
    def list_languages(self) -> dict[str, set[str]]:
        return sections.list_languages()

    def published(self) -> QuerySet[Page]:
        # Search engines should not index search results.
        return super().published().exclude(kind=Page.Kind.SEARCH)

    def languages_of(self, item: Page) -> set[str]:
        return sections.languages(item, self.list_languages)


class DeliverableSitemap(ContentSitemap):
    model = Deliverable


class InitiativeSitemap(ContentSitemap):
    model = Initiative
