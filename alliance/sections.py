"""Languages in which the sections are completely translated."""

from django.conf import settings

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, Milestone, Task
from editorial.models import ContentQuerySet
from pages.models import Page
from partners.models import PartnerUniversity


def list_languages() -> dict[str, set[str]]:
    """Section kind → languages in which its list is completely translated."""
    lists: list[tuple[str, ContentQuerySet, tuple[str, ...]]] = [
        (Page.Kind.HOME, Alliance.objects.all(), ()),
        (Page.Kind.VISION, Alliance.objects.all(), ("vision",)),
        (Page.Kind.VISION, AudienceBenefit.objects.published(), ()),
        (Page.Kind.DELIVERABLES, Deliverable.objects.published(), ()),
        (Page.Kind.INITIATIVES, Initiative.objects.published(), ()),
        (Page.Kind.TASKS, Task.objects.published().of_host(), ()),
        # The same as in partners.views.
        (Page.Kind.PARTNERS, PartnerUniversity.objects.published(), ("summary",)),
        (Page.Kind.MILESTONES, Milestone.objects.published(), ()),
    ]
    languages: dict[str, set[str]] = {}
    for kind, queryset, fields in lists:
        languages[kind] = languages.get(kind, set(settings.CONTENT_LANGUAGES)) & queryset.languages(*fields)
    return languages


def languages(page: Page, list_languages: dict[str, set[str]]) -> set[str]:
    """The languages in which the page of a section and its list are completely translated."""
    return page.languages() & list_languages.get(page.kind, set(settings.CONTENT_LANGUAGES))
