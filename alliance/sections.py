"""What the sections show beside the words of their own page."""

from django.db.models import QuerySet

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, Milestone, Task
from pages.models import Page
from partners.models import PartnerUniversity


def languages(page: Page) -> set[str]:
    """The languages in which the page of a section is there: its own words, and the texts that it lists."""
    return page.languages().intersection(*(listed.languages(*fields) for listed, fields in listed_on(page.kind)))


def listed_on(kind: str) -> list[tuple[QuerySet, tuple[str, ...]]]:
    """What the section `kind` shows, each with the fields that it shows in full; none means its whole body."""
    tasks = Task.objects.published().filter(partner__in=Alliance.objects.values("host"))
    return {
        Page.Kind.HOME: [(Alliance.objects.all(), ())],
        Page.Kind.VISION: [(Alliance.objects.all(), ("vision",)), (AudienceBenefit.objects.published(), ())],
        Page.Kind.DELIVERABLES: [(Deliverable.objects.published(), ())],
        Page.Kind.INITIATIVES: [(Initiative.objects.published(), ())],
        Page.Kind.TASKS: [(tasks, ())],
        # partners.views says the same of its page.
        Page.Kind.PARTNERS: [(PartnerUniversity.objects.published(), ("summary",))],
        Page.Kind.MILESTONES: [(Milestone.objects.published(), ())],
    }.get(kind, [])
