"""Admin of providers, embedded content and scripts, with presets that fill in the forms."""

from functools import cache
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from consent.admin.base import DraftMixin, OfficersMixin
from consent.admin.notice import CookieInline
from consent.models import EmbeddedContent, NoticeVersion, Provider, Script
from consent.presets import PRESETS, Preset
from editorial.admin import (
    ChoicesMixin,
    ConflictMixin,
    ContentAdmin,
    CountedMixin,
    LimitedChoicesFilter,
    RevisionsMixin,
    admin_page,
)

LIST_TEMPLATE = "consent/admin/third_party_list.html"


def preset_of(request: HttpRequest) -> Preset | None:
    """Return the preset in the query of a form."""
    return PRESETS.get(request.GET.get("preset", ""))


def remind(request: HttpRequest) -> None:
    """Show what staff must check in a form that a preset filled in."""
    if request.method == "GET" and (preset := preset_of(request)):
        messages.warning(request, str(preset.check))


class ProviderCookieInline(CookieInline):
    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        preset = preset_of(request)
        return len(preset.cookies) if preset and obj is None else 0


@admin.register(Provider)
class ProviderAdmin(DraftMixin, OfficersMixin, ContentAdmin):
    inlines = [ProviderCookieInline]
    change_list_template = LIST_TEMPLATE
    list_display = ["name", "purpose", "country", "order", "is_published"]
    list_editable = ["order"]
    list_filter = [("purpose", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "address", "hosts", "data"]
    fieldsets = [
        (None, {"fields": ["purpose", "name", "address", "country", "hosts"]}),
        (
            _("Data"),
            {
                "fields": ["data", "retention", "transfer", "policy_url"],
                "description": _(
                    "Visitors read these texts before they answer. After a change of a fact, everyone is asked again."
                ),
            },
        ),
        (_("On this site"), {"fields": ["order", "is_published"]}),
    ]

    def add_view(self, request, form_url="", extra_context=None):
        remind(request)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        preset = preset_of(request)
        return preset.provider_initial(request.GET) if preset else super().get_changeform_initial_data(request)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        # Not for a submitted form: rows that equal their initial values would not be saved.
        if isinstance(inline, ProviderCookieInline) and request.method == "GET" and (preset := preset_of(request)):
            kwargs["initial"] = [cookie.initial for cookie in preset.cookies]
        return kwargs

    def response_add(self, request, obj, post_url_continue=None):
        """After a preset, open the form of what loads from the provider."""
        preset = preset_of(request)
        if preset is None or "_save" not in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("%(provider)s is declared. Now add what loads from it.") % {"provider": obj})
        query = request.GET.copy()
        query["provider"] = obj.pk
        name = "script" if preset.source else "embeddedcontent"
        return HttpResponseRedirect(f"{reverse(f'admin:consent_{name}_add')}?{query.urlencode()}")


@admin.register(EmbeddedContent)
class EmbeddedContentAdmin(OfficersMixin, ContentAdmin):
    change_list_template = LIST_TEMPLATE
    list_display = ["title", "provider", "page_url", "is_published"]
    list_filter = [("provider", LimitedChoicesFilter), "is_published"]
    search_fields = ["title", "provider__name", "page_url"]
    fields = ["title", "provider", "page_url", "frame_url", "shape", "is_published"]

    def get_list_display(self, request: HttpRequest) -> list:
        # One query, and only if the list is shown.
        notice_in_force = cache(NoticeVersion.objects.current)

        @admin.display(description=_("notice in force"))
        def in_notice(embed: EmbeddedContent) -> str:
            """Column that tells which embeds visitors see as a link."""
            version = notice_in_force()
            is_named = version is not None and embed.is_named_in(version)
            return str(_("names it") if is_named else _("does not name it, so visitors see a link"))

        return [*super().get_list_display(request), in_notice]


@admin.register(Script)
class ScriptAdmin(DraftMixin, RevisionsMixin, ConflictMixin, ChoicesMixin, CountedMixin, admin.ModelAdmin):
    change_list_template = LIST_TEMPLATE
    formfield_overrides = ContentAdmin.formfield_overrides
    list_display = ["name", "provider", "source", "is_published"]
    list_filter = [("provider", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "provider__name", "source"]
    fieldsets = [
        (None, {"fields": ["name", "provider"]}),
        (_("Where it comes from"), {"fields": ["source", "connects_to"]}),
        (_("How it starts"), {"fields": ["tool", "attributes", "configuration"]}),
        (_("On this site"), {"fields": ["is_published"]}),
    ]

    def add_view(self, request, form_url="", extra_context=None):
        remind(request)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        preset = preset_of(request)
        return initial | preset.script_initial(request.GET) if preset else initial

    def get_urls(self):
        return [
            path("presets/", self.admin_site.admin_view(self.presets), name="consent_script_presets"),
            *super().get_urls(),
        ]

    def presets(self, request: HttpRequest) -> HttpResponse:
        """List the presets, each with a form that opens the form of its provider, or of what loads from it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            "title": _("Add from a preset"),
            "presets": PRESETS,
        }
        return admin_page(self, request, "consent/admin/presets.html", context)
