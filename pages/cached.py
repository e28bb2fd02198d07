"""Pages that the layout links to, cached per content version."""

from django.http import Http404, HttpRequest

from pagecache.per_version import cached_per_version
from pages import sections
from pages.models import Page


@cached_per_version
def layout_pages() -> tuple[Page, ...]:
    """The published pages of all sections, and those in the menu or footer."""
    return tuple(Page.objects.for_layout())


def section(request: HttpRequest, kind: str) -> Page:
    """The page of the section `kind`. Raises Http404 if it is not published."""
    page = next((page for page in layout_pages(request) if page.kind == kind), None)
    if page is None:
        raise Http404("this section is not published")
    return page


def has_section(request: HttpRequest, kind: str) -> bool:
    """Whether the page of the section `kind` is published."""
    return any(page.kind == kind for page in layout_pages(request))


@cached_per_version
def list_languages(kind: str) -> frozenset[str]:
    """The languages in which the lists of the section `kind` are completely translated."""
    return sections.list_languages(kind)


def languages(request: HttpRequest, page: Page) -> set[str]:
    """The languages in which the page of a section and its lists are completely translated."""
    return page.languages() & list_languages(request, page.kind)
