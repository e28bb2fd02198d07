from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from editorial.admin import ContentAdmin, LimitedChoicesFilter
from news.models import NewsItem
from pictures.admin import CoverMixin


@admin.register(NewsItem)
class NewsItemAdmin(CoverMixin, ContentAdmin):
    list_display = ["title", "date_shown", "is_published"]
    list_filter = ["is_published", ("topics", LimitedChoicesFilter), ("members", LimitedChoicesFilter)]
    date_hierarchy = "date"
    search_fields = ["title", "summary", "source"]
    fieldsets = [
        (None, {"fields": ["title", "slug", ("date", "precision"), "summary", "body", "cover"]}),
        (_("What it is about"), {"fields": ["topics", "members"]}),
        (_("Source"), {"fields": ["source", "source_language", "source_url"]}),
        (_("On this site"), {"fields": ["is_published"]}),
    ]

    @admin.display(description=_("date"), ordering="date")
    def date_shown(self, item: NewsItem) -> str:
        return item.date_in_words
