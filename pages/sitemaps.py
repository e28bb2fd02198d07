"""sitemap.xml: every published page in each language that has its full text, with alternates.

Apps register their items that have pages. If one file would be too long, sitemap.xml becomes an index of several files:
https://www.sitemaps.org/protocol.html#index.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet

from pages import sections
from pages.models import Page


class ContentSitemap(Sitemap):
    """The items that `published` returns. Without a page of the kind `section_kind`, they have no pages."""

    i18n = True
    alternates = True
    # URLs per file. With their alternates they stay below the 50 MB of the protocol.
    limit = 5000

    def __init__(self, section_kind: str, published: Callable[[], QuerySet[Any]]):
        self.section_kind, self.published = section_kind, published

    def items(self) -> list[Any]:
        return self.found

    @cached_property
    def found(self) -> list[Any]:
        if self.section_kind and not Page.objects.published().filter(kind=self.section_kind).exists():
            return []
        return list(self.published())

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
    def __init__(self):
        # Search engines should not index search results.
        super().__init__("", Page.objects.published().exclude(kind=Page.Kind.SEARCH).all)

    def languages_of(self, item: Page) -> set[str]:
        return item.languages() & sections.list_languages(item.kind)


registered: dict[str, Callable[[], QuerySet[Any]]] = {}


def register(section_kind: str, published: Callable[[], QuerySet[Any]]) -> None:
    """Add the items of a section. Its kind is part of the file name. Call it in `AppConfig.ready`."""
    registered[section_kind] = published


def sitemaps() -> dict[str, ContentSitemap]:
    items = {kind: ContentSitemap(kind, published) for kind, published in registered.items()}
    return items | {"pages": PageSitemap()}
