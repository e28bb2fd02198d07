"""The site's own pages as every page needs them, kept until the content changes."""

from django.http import Http404, HttpRequest

from delivery.shared import shared
from pages.models import Page


@shared
def frame_pages():
    """The pages of all sections, and those in the menu and at the foot."""
    return Page.objects.for_frame()


@shared
def listed_pages():
    """All that are published, without their long texts."""
    return Page.objects.published().defer("body", "lead", "description")


def section(request: HttpRequest, kind: str) -> Page:
    """The published page of the section `kind`. Raises Http404 where staff took it off the site."""
    page = next((page for page in frame_pages(request) if page.kind == kind), None)
    if page is None:
        raise Http404("this section is not on the site")
    return page
