"""Admin for append-only models, and the view of a notice as it was shown."""

from typing import Any

from csp.decorators import csp_update
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from consent.models import AccessEntry, NoticeVersion
from editorial.admin import CountedMixin, ReadOnlyMixin

Action = AccessEntry.Action
# Parameters of a list that search receipt numbers: that of the form, and the column in an address that somebody typed.
RECEIPT_SEARCHES = ("q", "receipt")


class ReadOnlyAdmin(ReadOnlyMixin, CountedMixin, admin.ModelAdmin):
    """Read-only admin that logs each access."""

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


class OfficersMixin:
    """Admin of what visitors rely on when they consent: only those who may change an item erase data from it."""

    def may_erase(self, request: HttpRequest, item: Any) -> bool:
        may_erase = super().may_erase(request, item)  # type: ignore[misc]
        return may_erase and self.has_content_permission(request, "change")  # type: ignore[attr-defined]


class DraftMixin:
    """Admin of a part of the notice. What is saved is a draft until a new version is in force."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            remind_of_draft(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)  # type: ignore[misc]
        remind_of_draft(request)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)  # type: ignore[misc]
        remind_of_draft(request)


def remind_of_draft(request: HttpRequest) -> None:
    """Say that visitors do not see the change yet, with a link for users who may publish it."""
    text = _(
        "This is a draft. Visitors see it after a new version of the notice is in force. A third party that you "
        "switched off stops loading at once."
    )
    if request.user.has_perm("consent.publish_notice"):
        url = reverse("admin:consent_noticeversion_publish")
        text = format_html('{} <a href="{}">{}</a>', text, url, _("Compare and publish the notice"))
    messages.warning(request, text)


def filters_of(request: HttpRequest) -> str:
    """Return the filters in the query of a list. A searched receipt number is left out."""

    def shown(name: str, value: object) -> object:
        return "…" if name.partition("__")[0] in RECEIPT_SEARCHES else value

    return "&".join(f"{name}={shown(name, value)}" for name, value in request.GET.items() if value)


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
