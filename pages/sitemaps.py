"""sitemap.xml: every published page in each language in which its body is there, with its alternates.

Apps that have pages register a class. Where one file would be too long, the sitemap is an index of several files:
https://www.sitemaps.org/protocol.html#index.
"""

from functools import cached_property

from django.conf import settings
from django.contrib.sitemaps import Sitemap


class ContentSitemap(Sitemap):
    """The published items of one model that has pages."""

    i18n = True
    alternates = True
    # Addresses per file. With their alternates they stay below the 50 MB of the protocol.
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


classes: dict[str, type[ContentSitemap]] = {}


def register(section: str, sitemap: type[ContentSitemap]):
    """Add the pages of one model; `section` names their file. Call it in `AppConfig.ready`."""
    classes[section] = sitemap


def sitemaps() -> dict[str, ContentSitemap]:
    return {section: sitemap() for section, sitemap in classes.items()}
