"""The alliance and the languages of its lists, cached per content version."""

from django.http import Http404, HttpRequest

from alliance import sections
from alliance.models import Alliance
from pagecache.per_version import cached_per_version
from pages.models import Page


@cached_per_version
def alliance() -> Alliance | None:
    """The alliance with its texts and host; None before content is loaded."""
    return Alliance.objects.with_host().first()


def get_alliance_or_404(request: HttpRequest) -> Alliance:
    """The alliance. Raises Http404 before content is loaded."""
    found = alliance(request)
    if found is None:
        raise Http404("no content is loaded")
    return found


@cached_per_version
def list_languages() -> dict[str, set[str]]:
    """Section kind → languages in which its list is completely translated."""
    return sections.list_languages()


def languages(request: HttpRequest, page: Page) -> set[str]:
    """The languages in which the page of a section is completely translated."""
    return sections.languages(page, list_languages(request))
