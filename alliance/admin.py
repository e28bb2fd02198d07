from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from alliance.models import (
    Alliance,
    AudienceBenefit,
    Contact,
    Deliverable,
    EntryPoint,
    Figure,
    Initiative,
    InitiativePart,
    KeyArea,
    Line,
    Milestone,
    Project,
    Task,
)
from editorial.admin import ContentAdmin, ContentInline, LimitedChoicesFilter, SingletonContentAdmin, thumbnail
from pictures.admin import CoverMixin

ON_THIS_SITE: tuple[Any, Any] = (_("On this site"), {"fields": ["order", "is_published"]})
SOURCE: tuple[Any, Any] = (_("Source"), {"fields": [("source", "source_language"), "source_url"]})


@admin.register(Alliance)
class AllianceAdmin(SingletonContentAdmin):
    list_display = ["acronym", "name", "host", "logo_thumbnail", "emblem_thumbnail"]
    logo_thumbnail = thumbnail("logo", _("logo"))
    emblem_thumbnail = thumbnail("emblem", _("emblem"))
    fieldsets = [
        (None, {"fields": ["name", "name_since", "acronym", "pronunciation", "pronunciation_in_words", "tagline"]}),
        (_("Former name"), {"fields": ["former_name", "former_name_from", "former_name_until"]}),
        (_("Current phase"), {"fields": ["phase", "phase_from", "phase_until"]}),
        (_("Texts"), {"fields": ["introduction", "vision", "lines_heading", "city_lines_heading"]}),
        (
            _("Header and footer"),
            {"fields": ["host", "contact", "funding_note", "logo", "logo_alt", "emblem", "emblem_alt", "icon"]},
        ),
    ]


@admin.register(Figure)
class FigureAdmin(ContentAdmin):
    list_display = ["label", "number", "year", "note", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["year", "is_published"]
    search_fields = ["label", "note", "source"]
    fieldsets = [(None, {"fields": ["value", "label", "year", "note"]}), SOURCE, ON_THIS_SITE]

    @admin.display(description=_("number"), ordering="value")
    def number(self, figure: Figure) -> str:
        return figure.number


@admin.register(KeyArea)
class KeyAreaAdmin(ContentAdmin):
    list_display = ["name", "since", "order", "is_published"]
    list_editable = ["order"]
    search_fields = ["name", "description"]
    fieldsets = [(None, {"fields": ["name", "description", "since"]}), ON_THIS_SITE]


@admin.register(AudienceBenefit)
class AudienceBenefitAdmin(ContentAdmin):
    list_display = ["audience", "order", "is_published"]
    list_editable = ["order"]
    search_fields = ["audience", "benefit"]
    fieldsets = [(None, {"fields": ["audience", "benefit"]}), ON_THIS_SITE]


@admin.register(Deliverable)
class ActivityAdmin(CoverMixin, ContentAdmin):
    list_display = ["title", "summary", "order", "is_published"]
    list_editable = ["order"]
    search_fields = ["title", "summary", "body"]
    fieldsets = [(None, {"fields": ["title", "slug", "summary", "body", "cover"]}), ON_THIS_SITE]


class InitiativePartInline(ContentInline):
    model = InitiativePart
    fields = ["title", "body", "order", "is_published"]


@admin.register(Initiative)
class InitiativeAdmin(ActivityAdmin):
    inlines = [InitiativePartInline]


@admin.register(Task)
class TaskAdmin(ContentAdmin):
    list_display = ["title", "partner", "order", "is_published"]
    list_editable = ["order"]
    list_filter = [("partner", LimitedChoicesFilter), ("initiatives", LimitedChoicesFilter), "is_published"]
    list_select_related = ["partner"]
    search_fields = ["title", "body", "partner__name", "initiatives__title"]
    fieldsets = [(None, {"fields": ["partner", "title", "body", "initiatives"]}), ON_THIS_SITE]


@admin.register(EntryPoint)
class EntryPointAdmin(ContentAdmin):
    list_display = ["audience", "text", "order", "is_published"]
    list_editable = ["order"]
    search_fields = ["audience", "text"]
    fieldsets = [
        (None, {"fields": ["audience", "text", "deliverables", "initiatives", "pages"]}),
        ON_THIS_SITE,
    ]


@admin.register(Milestone)
class MilestoneAdmin(ContentAdmin):
    list_display = ["title", "date", "precision", "source", "is_published"]
    list_filter = ["precision", "is_published"]
    date_hierarchy = "date"
    search_fields = ["title", "body", "source"]
    fieldsets = [
        (None, {"fields": ["title", "body", "date", "until", "precision"]}),
        SOURCE,
        (_("On this site"), {"fields": ["is_published"]}),
    ]


@admin.register(Contact)
class ContactAdmin(ContentAdmin):
    list_display = ["name", "partner", "email", "url", "order", "is_published"]
    list_editable = ["order"]
    list_filter = [("partner", LimitedChoicesFilter), ("topics", LimitedChoicesFilter), "is_published"]
    list_select_related = ["partner"]
    search_fields = ["name", "purpose", "email", "url", "partner__name"]
    fieldsets = [
        (None, {"fields": ["name", "purpose", "email", "url", "partner", "topics"]}),
        SOURCE,
        ON_THIS_SITE,
    ]


@admin.register(Project)
class ProjectAdmin(CoverMixin, ContentAdmin):
    list_display = ["title", "programme", "starts_on", "ends_on", "order", "is_published"]
    list_editable = ["order"]
    list_filter = [("coordinator", LimitedChoicesFilter), ("topics", LimitedChoicesFilter), "is_published"]
    search_fields = ["title", "summary", "body", "programme", "grant_number"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body", "cover"]}),
        (
            _("Funding and time"),
            {"fields": ["programme", "grant_number", "budget", "budget_note", ("starts_on", "ends_on")]},
        ),
        (_("Who and what"), {"fields": ["coordinator", "members", "topics", "website"]}),
        SOURCE,
        ON_THIS_SITE,
    ]


@admin.register(Line)
class LineAdmin(ContentAdmin):
    list_display = ["title", "kind", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["kind", ("leads", LimitedChoicesFilter), "is_published"]
    search_fields = ["title", "summary", "body"]
    fieldsets = [
        (None, {"fields": ["kind", "title", "slug", "summary", "body", "leads"]}),
        SOURCE,
        ON_THIS_SITE,
    ]
