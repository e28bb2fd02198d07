"""What the sections show beside the words of their own page."""

from django.conf import settings
from django.db.models import Value

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, Milestone, Task
from editorial.models import without_lack
from pages.models import Page
from partners.models import PartnerUniversity


def languages_of_lists() -> dict[str, set[str]]:
    """By kind of section, the languages in which all is there that it lists; found by one query."""
    listed = [
        (Page.Kind.HOME, Alliance.objects.all(), ()),
        (Page.Kind.VISION, Alliance.objects.all(), ("vision",)),
        (Page.Kind.VISION, AudienceBenefit.objects.published(), ()),
        (Page.Kind.DELIVERABLES, Deliverable.objects.published(), ()),
        (Page.Kind.INITIATIVES, Initiative.objects.published(), ()),
        (Page.Kind.TASKS, Task.objects.published().of_host(), ()),
        # partners.views says the same of its page.
        (Page.Kind.PARTNERS, PartnerUniversity.objects.published(), ("summary",)),
        (Page.Kind.MILESTONES, Milestone.objects.published(), ()),
    ]
    first, *others = (
        queryset.order_by().annotate(kind=Value(kind.value)).values("kind").annotate(**queryset.lacking(*fields))
        for kind, queryset, fields in listed
    )
    found = {}
    for row in first.union(*others, all=True):
        there = without_lack(row)
        found[row["kind"]] = found.get(row["kind"], there) & there
    return found


def languages(page: Page, of_lists: dict[str, set[str]]) -> set[str]:
    """The languages in which the page of a section is there: its own words, and what it lists."""
    return page.languages() & of_lists.get(page.kind, set(settings.CONTENT_LANGUAGES))
