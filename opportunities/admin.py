from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.admin import ContentAdmin
from opportunities.models import Opportunity
from opportunities.states import State
from pictures.admin import CoverMixin


class StateFilter(admin.SimpleListFilter):
    """Filter by the state at the time of the request."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, capfirst(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.in_state(timezone.now(), State(value)) if value in State.values else queryset  # type: ignore[attr-defined]


@admin.register(Opportunity)
class OpportunityAdmin(CoverMixin, ContentAdmin):
    list_display = ["title", "kind", "state_name", "deadline", "is_published"]
    list_filter = [StateFilter, "kind", "recurs", "is_published"]
    search_fields = ["title", "summary", "place"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "kind", "summary", "body", "cover"]}),
        (_("Who can apply"), {"fields": ["audiences", "members", "eligibility"]}),
        (
            _("When people can apply"),
            {
                "description": _(
                    "The site computes from these dates whether the opportunity is open, closes soon or is closed. "
                    "Nobody needs to change it on the day."
                ),
                "fields": [
                    ("opens_on", "opens_precision"),
                    ("closes_on", "closes_at_time"),
                    "time_zone",
                    "no_deadline",
                    "recurs",
                ],
            },
        ),
        (_("How to apply"), {"fields": ["how_to_apply", "apply_url", "contact_email"]}),
        (
            _("The programme"),
            {
                "fields": [
                    ("starts_on", "ends_on"),
                    "format",
                    "place",
                    "teaching_language",
                    "ects",
                    "funding",
                ]
            },
        ),
        (_("Source"), {"fields": ["source", "source_url", "source_language"]}),
        (_("On this site"), {"fields": ["topics", "is_published"]}),
    ]

    @admin.display(description=_("state"))
    def state_name(self, opportunity: Opportunity) -> str:
        return str(capfirst(opportunity.state.label))

    @admin.display(description=_("deadline"), ordering="closes_at")
    def deadline(self, opportunity: Opportunity) -> str:
        return opportunity.closes_in_words or "–"
