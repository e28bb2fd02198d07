from django.contrib import admin

from editorial.admin import ContentAdmin
from topics.models import Audience, Topic


@admin.register(Topic, Audience)
class NameAdmin(ContentAdmin):
    list_display = ["name", "order", "is_published"]
    list_editable = ["order"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name", "order", "is_published"]})]
