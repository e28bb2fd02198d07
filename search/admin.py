from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from editorial.admin import ContentAdmin
from search.models import Synonyms


@admin.register(Synonyms)
class SynonymsAdmin(ContentAdmin):
    list_display = ["words", "is_published"]
    search_fields = ["words"]
    fieldsets = [(None, {"fields": ["words"]}), (_("On this site"), {"fields": ["is_published"]})]
