"""Pages of the site that every page links to, kept until the content changes."""

from django.http import Http404, HttpRequest

from pagecache.per_version import cached_per_version
from pages.models import Page


@cached_per_version
def layout_pages() -> tuple[Page, ...]:
    """The pages of all sections, and those in the menu and in the footer."""
    return tuple(Page.objects.for_layout())


def section(request: HttpRequest, kind: str) -> Page:
    """The published page of the section `kind`. Raises Http404 where staff took it off the site."""
    page = next((page for page in layout_pages(request) if page.kind == kind), None)
    if page is None:
        raise Http404("this section is not on the site")
    return page
