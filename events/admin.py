from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from editorial.admin import ContentAdmin
from events.models import Event
from partners.models import PartnerUniversity
from pictures.admin import CoverMixin

# Maximum number of universities that a field offers. Users search for the others.
MAX_UNIVERSITIES = 50


class TimeFilter(admin.SimpleListFilter):
    title = _("time")
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("upcoming", _("upcoming")), ("past", pgettext_lazy("event", "past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        shown = {"upcoming": Event.objects.upcoming, "past": Event.objects.past}.get(self.value() or "")
        return queryset.filter(pk__in=shown().order_by().values("pk")) if shown else None


@admin.register(Event)
class EventAdmin(CoverMixin, ContentAdmin):
    list_display = ["title", "date", "state", "place", "is_published"]
    list_filter = [TimeFilter, "format", "is_cancelled", "is_published"]
    date_hierarchy = "starts_on"
    search_fields = ["title", "summary", "place", "body", "report", "host__name"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body", "cover"]}),
        (
            _("When"),
            {
                "fields": [
                    "precision",
                    ("starts_on", "starts_at_time"),
                    ("ends_on", "ends_at_time"),
                    "time_zone",
                    "is_cancelled",
                ]
            },
        ),
        (_("Where"), {"fields": ["format", "place", "host", ("latitude", "longitude"), "map"]}),
        (_("For whom"), {"fields": ["audiences", "registration_url", "topics", "members"]}),
        (_("After the event"), {"fields": ["report"]}),
        (_("Source"), {"fields": ["source", "source_language", "source_url"]}),
        (_("On this site"), {"fields": ["is_published"]}),
    ]

    def max_choices(self, db_field: models.Field) -> int:
        return MAX_UNIVERSITIES if db_field.related_model is PartnerUniversity else super().max_choices(db_field)

    @admin.display(description=_("date"), ordering="starts_at")
    def date(self, event: Event) -> str:
        return f"{event.date_in_words}, {event.time_in_words}" if event.time_in_words else event.date_in_words

    @admin.display(description=_("state"))
    def state(self, event: Event) -> str:
        if event.is_cancelled:
            return str(_("cancelled"))
        return str(pgettext_lazy("event", "past") if event.is_past else _("upcoming"))
