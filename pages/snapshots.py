"""The site's own pages as every page needs them, kept until the content changes."""

from django.http import Http404, HttpRequest

from delivery.snapshot import snapshot
from pages.models import Page


@snapshot
def frame_pages() -> list[Page]:
    """The pages of all sections, and those in the menu and at the foot."""
    return list(Page.objects.for_frame())


def section(request: HttpRequest, kind: str) -> Page:
    """The published page of the section `kind`. Raises Http404 where staff took it off the site."""
    page = next((page for page in frame_pages(request) if page.kind == kind), None)
    if page is None:
        raise Http404("this section is not on the site")
    return page
