"""sitemap.xml: every published page in each language that has its full text, with alternates.

Apps register a class for their pages. If one file would be too long, sitemap.xml becomes an index of several files:
https://www.sitemaps.org/protocol.html#index.
"""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from pages import sections
from pages.models import Page


class ContentSitemap(Sitemap):
    """The published items of one model whose items have pages."""

    i18n = True
    alternates = True
    # URLs per file. With their alternates they stay below the 50 MB of the protocol.
    limit = 5000
    model: Any
    # Kind of the section of the items. Without its page, the items have no pages.
    section_kind = ""

    def items(self) -> list[Any]:
        return self.found

    @cached_property
    def found(self) -> list[Any]:
        if self.section_kind and not Page.objects.published().filter(kind=self.section_kind).exists():
            return []
        return list(self.published())

    def published(self) -> QuerySet[Any]:
        return self.model.objects.published()

    @cached_property
    def languages_by_pk(self) -> dict[int, set[str]]:
        """The languages of each item, computed once, because Django asks for each URL and each of its alternates."""
        return {item.pk: self.languages_of(item) for item in self.found}

    def get_languages_for_item(self, item: Any) -> list[str]:
        available = self.languages_by_pk[item.pk]
        return [code for code, _name in settings.LANGUAGES if code in available]

    def languages_of(self, item: Any) -> set[str]:
        return item.languages()

    def lastmod(self, item: Any) -> datetime:
        return item.updated_at


class PageSitemap(ContentSitemap):
    model = Page

    @cached_property
    def list_languages(self) -> dict[str, set[str]]:
        return sections.list_languages()

    def published(self) -> QuerySet[Page]:
        # Search engines should not index search results.
        return super().published().exclude(kind=Page.Kind.SEARCH)

    def languages_of(self, item: Page) -> set[str]:
        return item.languages() & self.list_languages.get(item.kind, set(settings.CONTENT_LANGUAGES))


classes: dict[str, type[ContentSitemap]] = {}


def register(section: str, sitemap: type[ContentSitemap]) -> None:
    """Add the pages of one model. `section` is part of the file name. Call it in `AppConfig.ready`."""
    classes[section] = sitemap


def sitemaps() -> dict[str, ContentSitemap]:
    return {section: sitemap() for section, sitemap in classes.items()}
