"""The alliance, and the languages of its lists, kept until the content changes."""

from django.http import Http404, HttpRequest

from alliance import sections
from alliance.models import Alliance
from pagecache.per_version import cached_per_version
from pages.models import Page


@cached_per_version
def alliance() -> Alliance | None:
    """The alliance with its texts and host; None before any content is loaded."""
    return Alliance.objects.with_host().first()


def the_alliance(request: HttpRequest) -> Alliance:
    """Raises Http404 before any content is loaded."""
    found = alliance(request)
    if found is None:
        raise Http404("no alliance is entered yet")
    return found


@cached_per_version
def languages_of_lists() -> dict[str, set[str]]:
    """By kind of section, the languages in which its list is complete."""
    return sections.languages_of_lists()


def languages(request: HttpRequest, page: Page) -> set[str]:
    """The languages in which the page of a section is complete."""
    return sections.languages(page, languages_of_lists(request))
