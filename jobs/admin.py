from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """The list of recurring work, to read: what each job does, and how it stands."""

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

    def get_queryset(self, request):
        return super().get_queryset(request).registered()

    @admin.display(description=_("what it does"))
    def title(self, job) -> str:
        return str(job)

    @admin.display(description=_("state"))
    def state(self, job) -> str:
        if job.failing_since:
            since = date_format(timezone.localtime(job.failing_since), "DATETIME_FORMAT")
            return gettext("failing since %(moment)s") % {"moment": since}
        return job.state.label

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
