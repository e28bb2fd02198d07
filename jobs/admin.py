from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.registry import definitions


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Read-only admin of the recurring jobs and their states."""

    list_display = ["name", "title", "state", "last_succeeded_at", "last_error"]
    fields = [
        "name",
        "title",
        "state",
        "last_started_at",
        "last_succeeded_at",
        "failing_since",
        "failures",
        "last_error",
    ]
    sortable_by = []
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).filter(name__in=definitions)

    @admin.display(description=_("what it does"))
    def title(self, job: Job) -> str:
        return str(job)

    @admin.display(description=_("state"))
    def state(self, job: Job) -> str:
        if job.failing_since:
            since = date_format(timezone.localtime(job.failing_since), "DATETIME_FORMAT")
            return gettext("failing since %(moment)s") % {"moment": since}
        return str(job.state.label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False
