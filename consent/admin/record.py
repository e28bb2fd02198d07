"""The record as officers read it."""

from django.contrib import admin

from consent.admin.read_only import ReadOnlyAdmin
from consent.models import Decision


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["receipt", "decided_at", "action", "notice", "language", "gpc"]
    list_filter = ["action", "notice", "language", "gpc"]
    search_fields = ["receipt"]
    date_hierarchy = "decided_at"
    list_select_related = ["notice"]
    fields = [
        "receipt",
        "decided_at",
        "expires_at",
        "action",
        "answers",
        "notice",
        "language",
        "path",
        "gpc",
        "predecessor",
    ]
