"""Search entries of the deliverables, initiatives and pages of the site."""

from collections.abc import Iterable, Iterator

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, KeyArea, Milestone, Task
from editorial.models import Content
from pages.models import Page
from search.index import Entry


def entries() -> Iterator[Entry]:
    """One entry per published page, in the active language.

    The entry of a section contains the texts of its list if the items have no pages of their own.
    """
    lists = list_texts()
    for page in Page.objects.published().exclude(kind=Page.Kind.SEARCH):
        yield Entry.of(
            page,
            page.translated["title"],
            page.translated["description"],
            [page.lead, page.body, *page.drawn_texts(), *lists.get(page.kind, [])],
        )
    for deliverable in Deliverable.objects.published():
        yield Entry.of(
            deliverable, deliverable.translated["title"], deliverable.translated["summary"], [deliverable.body]
        )
    for initiative in Initiative.objects.published().with_parts():
        part_texts = texts_of(initiative.published_parts, "title", "body")
        yield Entry.of(
            initiative, initiative.translated["title"], initiative.translated["summary"], [initiative.body, *part_texts]
        )


def list_texts() -> dict[str, list[str]]:
    """Page kind → texts of the items in its list that have no page of their own."""
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
