"""Admin of providers, embedded content and scripts."""

from functools import cache

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.admin.notice import CookieInline
from consent.models import EmbeddedContent, NoticeVersion, Provider, Script
from editorial.admin import (
    ChoicesMixin,
    ConflictMixin,
    ContentAdmin,
    CountedMixin,
    LimitedChoicesFilter,
    PermissionsMixin,
)


@admin.register(Provider)
class ProviderAdmin(ContentAdmin):
    inlines = [CookieInline]
    list_display = ["name", "purpose", "country", "order", "is_published"]
    list_editable = ["order"]
    list_filter = [("purpose", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "address", "hosts", "data"]
    fieldsets = [
        (None, {"fields": ["purpose", "name", "address", "country", "hosts"]}),
        (_("Data"), {"fields": ["data", "retention", "transfer", "policy_url"]}),
        (_("On this site"), {"fields": ["order", "is_published"]}),
    ]


@admin.register(EmbeddedContent)
class EmbeddedContentAdmin(ContentAdmin):
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
            is_named = version is not None and version.names(embed.provider.key, embed.origins)
            return str(_("names it") if is_named else _("does not name it, so visitors see a link"))

        return [*super().get_list_display(request), in_notice]


@admin.register(Script)
class ScriptAdmin(ConflictMixin, PermissionsMixin, ChoicesMixin, CountedMixin, admin.ModelAdmin):
    list_display = ["name", "provider", "source", "is_published"]
    list_filter = [("provider", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "provider__name", "source"]
    fields = ["name", "provider", "source", "connects_to", "is_published"]
