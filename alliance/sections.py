"""What the sections show beside the words of their own page."""

from django.conf import settings

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, Milestone, Task
from pages.models import Page
from partners.models import PartnerUniversity


def languages_of_lists() -> dict[str, set[str]]:
    """By kind of section, the languages in which its list is complete."""
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
    found = {}
    for kind, queryset, fields in listed:
        found[kind] = found.get(kind, set(settings.CONTENT_LANGUAGES)) & queryset.languages(*fields)
    return found


def languages(page: Page, of_lists: dict[str, set[str]]) -> set[str]:
    """The languages in which the page of a section is there: its own words, and what it lists."""
    return page.languages() & of_lists.get(page.kind, set(settings.CONTENT_LANGUAGES))
