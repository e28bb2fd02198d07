"""Sections of the site: pages whose content a view adds, such as the list of news.

An app registers its section in `AppConfig.ready`. Staff edit the texts of a section's page under Pages, and choose its
place in the menu.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise

from editorial.models import ContentQuerySet

# The items of a list, and the fields that must be translated. Without fields, those of the body.
Items = tuple[ContentQuerySet, tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """A section of the site. `kind` is the value of `Page.kind` of its page, `url_name` the name of its URL.

    `lists` returns the items on its page, because a page is complete in a language if its items are translated.
    `parent` is the kind of the section that it belongs to, for the breadcrumbs and the menu.
    """

    kind: str
    title: str | Promise
    url_name: str
    lists: Callable[[], Iterable[Items]] = tuple
    parent: str = ""


registered: dict[str, Section] = {}


def register(*sections: Section) -> None:
    """Add sections. Call it in `AppConfig.ready`."""
    for section in sections:
        registered[section.kind] = section


def kinds() -> list[tuple[str, str | Promise]]:
    """Return the kinds of pages that belong to a section, as choices of a field."""
    return [(section.kind, section.title) for section in registered.values()]


def parent_of(kind: str) -> str:
    """Return the kind of the section that the section `kind` belongs to, or ""."""
    return registered[kind].parent if kind in registered else ""


def list_languages(kind: str) -> frozenset[str]:
    """Return the languages in which the lists of the section `kind` are completely translated."""
    lists = registered[kind].lists() if kind in registered else []
    languages = [queryset.languages(*fields) for queryset, fields in lists]
    return frozenset(settings.CONTENT_LANGUAGES).intersection(*languages)
