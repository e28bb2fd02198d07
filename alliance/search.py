"""Pages of the alliance for the search, and its text pages with the texts of the lists that they show."""

from collections.abc import Iterable, Iterator

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, KeyArea, Milestone, Task
from editorial.models import Content
from pages.models import Page
from search.index import Entry


def entries() -> Iterator[Entry]:
    """Every published page in the active language, in the order of the site."""
    lists = texts_of_lists()
    for page in Page.objects.published().exclude(kind=Page.Kind.SEARCH):
        yield Entry.of(
            page,
            page.translated["title"],
            page.translated["description"],
            [page.lead, page.body, *lists.get(page.kind, [])],
        )
    for deliverable in Deliverable.objects.published():
        yield Entry.of(
            deliverable, deliverable.translated["title"], deliverable.translated["summary"], [deliverable.body]
        )
    for initiative in Initiative.objects.published().with_parts():
        of_parts = texts_of(initiative.published_parts, "title", "body")
        yield Entry.of(
            initiative, initiative.translated["title"], initiative.translated["summary"], [initiative.body, *of_parts]
        )


def texts_of_lists() -> dict[str, list[str]]:
    """By kind of page, the words of its list's items that have no page of their own."""
    alliances = Alliance.objects.all()
    return {
        Page.Kind.HOME: [
            *texts_of(alliances, "name", "former_name", "acronym", "tagline", "introduction"),
            *texts_of(KeyArea.objects.published(), "name", "description"),
        ],
        Page.Kind.VISION: [
            *texts_of(alliances, "vision"),
            *texts_of(AudienceBenefit.objects.published(), "audience", "benefit"),
        ],
        Page.Kind.TASKS: texts_of(Task.objects.published().of_host(), "title", "body"),
        Page.Kind.MILESTONES: texts_of(Milestone.objects.published(), "title", "body", "source"),
    }


def texts_of(items: Iterable[Content], *names: str) -> list[str]:
    return [getattr(item, name) for item in items for name in names]
