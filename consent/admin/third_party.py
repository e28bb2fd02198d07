"""Admin of providers, embedded content and scripts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.admin.base import DraftMixin
from consent.admin.notice import CookieInline
from consent.models import EmbeddedContent, Provider, Script
from editorial.admin import (
    ChoicesMixin,
    ConflictMixin,
    ContentAdmin,
    CountedMixin,
    LimitedChoicesFilter,
    PermissionsMixin,
)


@admin.register(Provider)
class ProviderAdmin(DraftMixin, ContentAdmin):
    inlines = [CookieInline]
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


@admin.register(EmbeddedContent)
class EmbeddedContentAdmin(ContentAdmin):
    list_display = ["title", "provider", "page_url", "is_published"]
    list_filter = [("provider", LimitedChoicesFilter), "is_published"]
    search_fields = ["title", "provider__name", "page_url"]
    fields = ["title", "provider", "page_url", "frame_url", "shape", "is_published"]


@admin.register(Script)
class ScriptAdmin(ConflictMixin, PermissionsMixin, ChoicesMixin, CountedMixin, admin.ModelAdmin):
    list_display = ["name", "provider", "source", "is_published"]
    list_filter = [("provider", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "provider__name", "source"]
    fields = ["name", "provider", "source", "connects_to", "is_published"]
