"""Texts for the search: the alliance, its deliverables, initiatives, and the lists on its pages."""

from alliance.models import (
    Alliance,
    AudienceBenefit,
    Contact,
    Deliverable,
    Initiative,
    InitiativePart,
    KeyArea,
    Line,
    Milestone,
    Project,
    Task,
)
from alliance.sections import ABOUT, CONTACTS
from pages.models import Page
from search.pages import page_of_section
from search.sources import Source, page_of

# The headings in a list weigh as much as a summary, because they are not the heading of their page.
SOURCES = (
    Source(Deliverable, title=("title",), summary=("summary",), text=("body",), shown=Deliverable.objects.published),
    Source(Initiative, title=("title",), summary=("summary",), text=("body",), shown=Initiative.objects.published),
    Source(
        InitiativePart,
        summary=("title",),
        text=("body",),
        shown=InitiativePart.objects.published,
        page=lambda part: page_of(part.initiative),
        is_part=True,
        related=("initiative",),
    ),
    Source(
        Alliance,
        summary=("acronym", "tagline"),
        shown=Alliance.objects.all,
        page=lambda _alliance: page_of_section(Page.Kind.HOME),
        is_part=True,
    ),
    Source(
        Alliance,
        summary=("name",),
        text=("former_name", "introduction", "phase"),
        shown=Alliance.objects.all,
        page=lambda _alliance: page_of_section(ABOUT),
        is_part=True,
    ),
    Source(
        Alliance,
        text=("vision",),
        shown=Alliance.objects.all,
        page=lambda _alliance: page_of_section(Page.Kind.VISION),
        is_part=True,
    ),
    Source(
        KeyArea,
        summary=("name",),
        text=("description",),
        shown=KeyArea.objects.published,
        page=lambda _area: page_of_section(ABOUT),
        is_part=True,
    ),
    Source(
        AudienceBenefit,
        summary=("audience",),
        text=("benefit",),
        shown=AudienceBenefit.objects.published,
        page=lambda _benefit: page_of_section(Page.Kind.VISION),
        is_part=True,
    ),
    Source(
        Task,
        summary=("title",),
        text=("body",),
        shown=lambda: Task.objects.published().of_host(),
        page=lambda _task: page_of_section(Page.Kind.TASKS),
        is_part=True,
    ),
    Source(
        Milestone,
        summary=("title",),
        text=("body", "source"),
        shown=Milestone.objects.published,
        page=lambda _milestone: page_of_section(Page.Kind.MILESTONES),
        is_part=True,
    ),
    Source(
        Project,
        title=("title",),
        summary=("summary",),
        text=("body", "programme", "budget_note", "grant_number"),
        shown=Project.objects.published,
    ),
    Source(Line, title=("title",), summary=("summary",), text=("body",), shown=Line.objects.published),
    Source(
        Contact,
        summary=("name",),
        text=("purpose", "email", "url", lambda contact: contact.partner.name if contact.partner else ""),
        shown=Contact.objects.published,
        page=lambda _contact: page_of_section(CONTACTS),
        is_part=True,
        related=("partner",),
    ),
)
