"""Admin of erasures, seals and the access log."""

from django.apps import apps
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.models import AccessEntry, Erasure, Seal


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["erased_at", "staff", "reason", "count", "remark"]
    list_filter = ["reason"]
    fields = ["erased_at", "staff", "reason", "remark", "count", "hashes", "digest"]


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ["number", "sealed_at", "first", "size", "digest"]
    fields = ["number", "sealed_at", "first", "size", "root", "previous", "digest", "note"]


@admin.register(AccessEntry)
class AccessEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "staff", "action", "readable_details"]
    list_filter = ["action", "at"]
    search_fields = ["staff", "details"]
    fields = ["at", "staff", "action", "readable_details"]

    @admin.display(description=_("details"))
    def readable_details(self, entry: AccessEntry) -> str:
        """Return the details, with the model name translated."""
        name, _space, rest = entry.details.partition(" ")
        try:
            model_name = apps.get_model("consent", name)._meta.verbose_name
        except LookupError:
            return entry.details
        return f"{model_name} {rest}".strip()
