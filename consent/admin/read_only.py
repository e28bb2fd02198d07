"""What is on record, and how it looked."""

from csp.decorators import csp_update
from django.contrib import admin
from django.shortcuts import render

from consent.models import NoticeVersion


class ReadOnlyAdmin(admin.ModelAdmin):
    """What is on record: everyone who may see it sees it as it is, and nobody changes it."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@csp_update({"font-src": "data:"})  # The faces of then lie within the style of then.
def shown(request, version: NoticeVersion, language: str, objection: bool):
    """The dialog as `version` showed it in `language`, a page of its own with the style of then."""
    context = {
        "version": version,
        "language": language,
        "html": version.html_in(language),
        "objection": version.wording_in(language)["objection"] if objection else "",
    }
    return render(request, "consent/admin/shown.html", context)
