"""What pages show of the alliance, kept until the content changes."""

from django.http import Http404, HttpRequest

from alliance import sections
from alliance.models import Alliance, Deliverable, Figure, Initiative, KeyArea, WayIn
from alliance.search import Entry, entries
from delivery.shared import shared
from delivery.snapshot import snapshot
from pages.models import Page
from pages.snapshots import listed_pages
from partners.models import PartnerUniversity


@shared
def alliances():
    return Alliance.objects.all()


@shared
def hosts():
    return PartnerUniversity.objects.filter(pk__in=Alliance.objects.values("host")).defer("description")


@shared
def deliverables():
    """Without their long texts."""
    return Deliverable.objects.published().defer("body")


@shared
def initiatives():
    """Without their long texts."""
    return Initiative.objects.published().defer("body")


@shared
def key_areas():
    return KeyArea.objects.published()


@shared
def figures():
    return Figure.objects.published().latest()


@shared
def published_ways_in():
    return WayIn.objects.published()


@shared
def links_to_pages():
    return WayIn.pages.through.objects.order_by("pk")


@shared
def links_to_deliverables():
    return WayIn.deliverables.through.objects.order_by("pk")


@shared
def links_to_initiatives():
    return WayIn.initiatives.through.objects.order_by("pk")


def alliance(request: HttpRequest) -> Alliance | None:
    """The alliance with its texts and host; None before any content is loaded."""
    found = next(iter(alliances(request)), None)
    for host in hosts(request):
        if found and found.host_id == host.pk:
            found.host = host
    return found


def the_alliance(request: HttpRequest) -> Alliance:
    """Raises Http404 before any content is loaded."""
    found = alliance(request)
    if found is None:
        raise Http404("no alliance is entered yet")
    return found


def ways_in(request: HttpRequest) -> list[WayIn]:
    """The ways in, each with `links`: what it leads to and visitors may see."""
    ways = published_ways_in(request)
    deliverables_of = {(link.wayin_id, link.deliverable_id) for link in links_to_deliverables(request)}
    initiatives_of = {(link.wayin_id, link.initiative_id) for link in links_to_initiatives(request)}
    pages_of = {(link.wayin_id, link.page_id) for link in links_to_pages(request)}
    for way in ways:
        way.links = [
            *(one for one in deliverables(request) if (way.pk, one.pk) in deliverables_of),
            *(one for one in initiatives(request) if (way.pk, one.pk) in initiatives_of),
            *(page for page in listed_pages(request) if (way.pk, page.pk) in pages_of),
        ]
    return ways


@snapshot
def search_entries(language: str) -> list[Entry]:
    """All that can be found in `language`, which is the active one."""
    return list(entries())


@snapshot
def languages_of_lists() -> dict[str, set[str]]:
    """By kind of section, the languages in which all is there that it lists."""
    return sections.languages_of_lists()


def languages(request: HttpRequest, page: Page) -> set[str]:
    """The languages in which the page of a section is there."""
    return sections.languages(page, languages_of_lists(request))
