from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from editorial.admin import ContentAdmin, CountedMixin, PermissionsMixin
from editorial.admin.conflicts import ConflictMixin
from pages.models import Page, Redirect
from pictures.admin import CoverMixin


@admin.register(Page)
class PageAdmin(CoverMixin, ContentAdmin):
    list_display = ["short_title", "title", "kind", "place", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["kind", "place", "is_published"]
    search_fields = ["title", "short_title", "lead", "body"]
    fieldsets = [
        (None, {"fields": ["title", "short_title", "slug", "description", "lead", "body", "cover"]}),
        (_("On this site"), {"fields": ["kind", "place", "order", "is_published"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        # The code needs one page per section, so staff can only add text pages.
        return [*super().get_readonly_fields(request, obj), "kind"]

    def has_delete_permission(self, request, obj=None):
        if obj is not None and obj.kind != Page.Kind.TEXT:
            return False
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        deletable, counts, missing_rights, protected = super().get_deleted_objects(objs, request)
        protected += [str(page) for page in objs if page.kind != Page.Kind.TEXT]
        return deletable, counts, missing_rights, protected


@admin.register(Redirect)
class RedirectAdmin(ConflictMixin, PermissionsMixin, CountedMixin, admin.ModelAdmin):
    list_display = ["old_path", "new_path", "is_published"]
    search_fields = ["old_path", "new_path"]
    fields = ["old_path", "new_path", "is_published"]
