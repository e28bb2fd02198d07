"""What pages show of the alliance, kept until the content changes."""

from django.http import Http404, HttpRequest

from alliance import sections
from alliance.models import Alliance, Deliverable, Figure, Initiative, KeyArea, WayIn
from alliance.search import Entry, entries
from delivery.snapshot import snapshot
from pages.models import Page


@snapshot
def alliance() -> Alliance | None:
    """The alliance with its texts and host; None before any content is loaded."""
    return Alliance.objects.for_frame().first()


def the_alliance(request: HttpRequest) -> Alliance:
    """Raises Http404 before any content is loaded."""
    found = alliance(request)
    if found is None:
        raise Http404("no alliance is entered yet")
    return found


@snapshot
def deliverables() -> list[Deliverable]:
    """Without their long texts."""
    return list(Deliverable.objects.published().defer("body"))


@snapshot
def initiatives() -> list[Initiative]:
    """Without their long texts."""
    return list(Initiative.objects.published().defer("body"))


@snapshot
def key_areas() -> list[KeyArea]:
    return list(KeyArea.objects.published())


@snapshot
def figures() -> list[Figure]:
    return list(Figure.objects.published())


@snapshot
def ways_in() -> list[WayIn]:
    return list(WayIn.objects.published().with_links())


@snapshot
def search_entries(language: str) -> list[Entry]:
    """All that can be found in `language`, which is the active one."""
    return list(entries())


@snapshot
def languages(page: Page) -> set[str]:
    """The languages in which the page of a section is there."""
    return sections.languages(page)
