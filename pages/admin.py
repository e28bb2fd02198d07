from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.models import PrivacyPolicy
from editorial.admin import ApprovalMixin, ContentAdmin, CountedMixin, ScheduleMixin
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.permissions import localized_fields
from editorial.forms import EditForm
from editorial.rights import permission
from pages.models import KINDS_OF_OFFICERS, Page, Redirect
from pictures.admin import CoverMixin
from translations.status.permissions import permitted_languages

OF_OFFICERS = _(
    "Only privacy officers change this page, because visitors rely on it when they consent. The site draws the rest of "
    "its content from the privacy policy and the cookie notice in force, in the section “Consent to cookies”."
)


def is_officer(user: User | AnonymousUser) -> bool:
    return user.has_perm(permission("change", PrivacyPolicy))


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

    @staticmethod
    def is_locked(request: HttpRequest, page: Page | None) -> bool:
        """Whether only privacy officers change `page`, and the user is none."""
        return page is not None and page.kind in KINDS_OF_OFFICERS and not is_officer(request.user)

    def get_queryset(self, request):
        pages = super().get_queryset(request)
        # Privacy officers see only their pages.
        return pages if super().has_view_permission(request) else pages.filter(kind__in=KINDS_OF_OFFICERS)

    def get_fieldsets(self, request, obj=None):
        fieldsets: Any = super().get_fieldsets(request, obj)
        if obj is None or obj.kind not in KINDS_OF_OFFICERS:
            return fieldsets
        (title, texts), *others = fieldsets
        names = [name for name in texts["fields"] if obj.kind != Page.Kind.PRIVACY or not name.startswith("body")]
        return [(title, texts | {"fields": names, "description": OF_OFFICERS}), *others]

    def get_readonly_fields(self, request, obj=None):
        # The code needs one page per section, so staff can only add text pages.
        fields = [*super().get_readonly_fields(request, obj), "kind"]
        if self.is_locked(request, obj):
            translatable = localized_fields(Page, permitted_languages(request.user, obj.permission_model))
            fields += [name for name in flatten_fieldsets(self.get_fieldsets(request, obj)) if name not in translatable]
        return list(dict.fromkeys(fields))

    def get_changelist_form(self, request, **kwargs):
        is_locked = partial(self.is_locked, request)

        class RowForm(EditForm):
            """Row of the list. The pages of privacy officers are read-only for others."""

            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for field in self.fields.values():
                    field.disabled = is_locked(self.instance)

        return super().get_changelist_form(request, form=RowForm, **kwargs)

    def may_publish(self, request, item=None):
        if item is not None and item.kind in KINDS_OF_OFFICERS:
            return is_officer(request.user)
        return super().may_publish(request, item)

    def may_restore(self, request, item):
        if item is not None and item.kind in KINDS_OF_OFFICERS:
            return is_officer(request.user)
        return super().may_restore(request, item)

    def may_erase(self, request, item):
        if item is not None and item.kind in KINDS_OF_OFFICERS:
            return super().may_erase(request, item) and is_officer(request.user)
        return super().may_erase(request, item)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or is_officer(request.user)

    def has_change_permission(self, request, obj=None):
        may_change = super().has_change_permission(request, obj)
        if obj is None:
            return may_change or is_officer(request.user)
        if obj.kind not in KINDS_OF_OFFICERS:
            return may_change
        return is_officer(request.user) or bool(permitted_languages(request.user, obj.permission_model))

    def has_delete_permission(self, request, obj=None):
        if obj is not None and obj.kind != Page.Kind.TEXT:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        for code, (taken, slug) in getattr(obj, "numbered_slugs", {}).items():
            message = _(
                "The address of this page in the language “%(language)s” ends in “%(slug)s”, because “%(taken)s” "
                "belongs to another page. You can enter another one."
            )
            names = {"language": settings.CONTENT_LANGUAGES[code], "slug": slug, "taken": taken}
            messages.warning(request, message % names)

    def get_deleted_objects(self, objs, request):
        deletable, counts, missing_rights, protected = super().get_deleted_objects(objs, request)
        protected += [str(page) for page in objs if page.kind != Page.Kind.TEXT]
        return deletable, counts, missing_rights, protected


@admin.register(Redirect)
class RedirectAdmin(ScheduleMixin, ApprovalMixin, ConflictMixin, CountedMixin, admin.ModelAdmin):
    list_display = ["old_path", "new_path", "is_published"]
    search_fields = ["old_path", "new_path"]
    fields = ["old_path", "new_path", "is_published"]
