"""Admin for append-only models, and the view of a notice as it was shown."""

from csp.decorators import csp_update
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from consent.models import AccessEntry, NoticeVersion
from editorial.admin import CountedMixin

Action = AccessEntry.Action


class ReadOnlyAdmin(CountedMixin, admin.ModelAdmin):
    """Read-only admin that logs each access."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def log(self, request, action: str, details: object = "") -> None:
        """Log an action of the user on this model."""
        AccessEntry.objects.log(request.user, action, f"{self.opts.model_name} {details}".strip())

    def changelist_view(self, request, extra_context=None):
        if self.has_view_permission(request):
            self.log(request, Action.LIST, filters_of(request))
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        self.log(request, Action.VIEW, obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)


def filters_of(request: HttpRequest) -> str:
    """Return the filters in the query of a list. A searched receipt number is left out."""
    return "&".join(f"{name}={'…' if name == 'q' else value}" for name, value in request.GET.items() if value)


def notice_as_shown(request: HttpRequest, version: NoticeVersion, language: str, objection: bool) -> HttpResponseBase:
    """Return a page with the dialog of `version` in `language`, in the style of that version."""
    context = {
        "version": version,
        "language": language,
        "html": version.html_in(language),
        "objection": version.wording_in(language)["objection"] if objection else "",
    }

    # The stored style contains its fonts as data URLs.
    @csp_update({"font-src": "data:"})
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, "consent/admin/shown.html", context)

    return page(request)
