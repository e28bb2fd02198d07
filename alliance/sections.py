"""Sections of the alliance, and what must be translated for their pages to be complete."""

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, Milestone, Task
from pages.models import Page
from pages.sections import Items, Section


def vision_lists() -> list[Items]:
    return [(Alliance.objects.all(), ("vision",)), (AudienceBenefit.objects.published(), ())]


SECTIONS = (
    Section(Page.Kind.HOME, Page.Kind.HOME.label, "alliance:home", lambda: [(Alliance.objects.all(), ())]),
    Section(Page.Kind.VISION, Page.Kind.VISION.label, "alliance:vision", vision_lists),
    Section(
        Page.Kind.DELIVERABLES,
        Page.Kind.DELIVERABLES.label,
        "alliance:deliverables",
        lambda: [(Deliverable.objects.published(), ())],
    ),
    Section(
        Page.Kind.INITIATIVES,
        Page.Kind.INITIATIVES.label,
        "alliance:initiatives",
        lambda: [(Initiative.objects.published(), ())],
    ),
    Section(
        Page.Kind.TASKS,
        Page.Kind.TASKS.label,
        "alliance:tasks",
        lambda: [(Task.objects.published().of_host(), ())],
    ),
    Section(
        Page.Kind.MILESTONES,
        Page.Kind.MILESTONES.label,
        "alliance:milestones",
        lambda: [(Milestone.objects.published(), ())],
    ),
    Section(Page.Kind.SITEMAP, Page.Kind.SITEMAP.label, "alliance:sitemap"),
)
