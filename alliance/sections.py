"""Sections of the alliance, and what must be translated for their pages to be complete."""

from django.utils.translation import gettext_lazy as _

from alliance.models import (
    Alliance,
    AudienceBenefit,
    Contact,
    Deliverable,
    Initiative,
    KeyArea,
    Line,
    Milestone,
    Project,
    Task,
)
from pages.models import Page
from pages.sections import Items, Section

# Kinds of section pages that PageKind does not have.
CONTACTS, PROJECTS, LINES = "contacts", "projects", "lines"
# The page about the alliance leads to its other sections.
ABOUT = "alliance"


def vision_lists() -> list[Items]:
    return [(Alliance.objects.all(), ("vision",)), (AudienceBenefit.objects.published(), ())]


def about_lists() -> list[Items]:
    return [(Alliance.objects.all(), ()), (KeyArea.objects.published(), ("name", "description"))]


SECTIONS = (
    Section(Page.Kind.HOME, Page.Kind.HOME.label, "alliance:home", lambda: [(Alliance.objects.all(), ("tagline",))]),
    Section(ABOUT, _("about the alliance"), "alliance:about", about_lists),
    Section(Page.Kind.VISION, Page.Kind.VISION.label, "alliance:vision", vision_lists, ABOUT),
    Section(
        Page.Kind.DELIVERABLES,
        Page.Kind.DELIVERABLES.label,
        "alliance:deliverables",
        lambda: [(Deliverable.objects.published(), ())],
        ABOUT,
    ),
    Section(
        Page.Kind.INITIATIVES,
        Page.Kind.INITIATIVES.label,
        "alliance:initiatives",
        lambda: [(Initiative.objects.published(), ())],
        ABOUT,
    ),
    Section(
        Page.Kind.TASKS,
        Page.Kind.TASKS.label,
        "alliance:tasks",
        lambda: [(Task.objects.published().of_host(), ())],
        ABOUT,
    ),
    Section(
        Page.Kind.MILESTONES,
        Page.Kind.MILESTONES.label,
        "alliance:milestones",
        lambda: [(Milestone.objects.published(), ())],
        ABOUT,
    ),
    Section(CONTACTS, _("contacts"), "alliance:contacts", lambda: [(Contact.objects.published(), ())]),
    Section(
        PROJECTS,
        _("list of projects"),
        "alliance:projects",
        lambda: [(Project.objects.published(), ("title", "summary"))],
        ABOUT,
    ),
    Section(
        LINES,
        _("thematic lines"),
        "alliance:lines",
        lambda: [(Line.objects.published(), ("title", "summary"))],
        ABOUT,
    ),
    Section(Page.Kind.SITEMAP, Page.Kind.SITEMAP.label, "alliance:sitemap"),
)
