"""Admin of third-party content and scripts."""

from django.contrib import admin

from consent.models import EmbeddedContent, Script
from editorial.admin import ContentAdmin, LimitedChoicesFilter


@admin.register(EmbeddedContent)
class EmbeddedContentAdmin(ContentAdmin):
    list_display = ["title", "provider", "purpose", "page_url", "is_published"]
    list_filter = [("purpose", LimitedChoicesFilter), "is_published"]
    search_fields = ["title", "provider", "page_url", "purpose__name"]
    fields = ["title", "provider", "purpose", "page_url", "frame_url", "shape", "is_published"]


@admin.register(Script)
class ScriptAdmin(ContentAdmin):
    list_display = ["name", "provider", "purpose", "source", "is_published"]
    list_filter = [("purpose", LimitedChoicesFilter), "is_published"]
    search_fields = ["name", "provider", "source", "purpose__name"]
    fields = ["name", "provider", "purpose", "source", "connects_to", "is_published"]
