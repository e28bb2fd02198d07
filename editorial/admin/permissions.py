"""Permissions in addition to those of Django: translate without changing, and publish."""

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.http import HttpRequest
from modeltranslation.utils import build_localized_fieldname

from editorial.content_files import translated_fields
from editorial.rights import permission
from translations.status.permissions import permitted_languages


def localized_fields(model: type[Model], languages) -> set[str]:
    """Return the names of the fields of `model` with texts in `languages`: title_pl, but not order."""
    return {build_localized_fieldname(name, code) for name in translated_fields(model) for code in languages}


class PermissionsMixin(BaseModelAdmin):
    """Admin with permissions to translate and to publish.

    A user who may only translate can change the texts in their languages and view all other fields. A user who may not
    publish cannot change `is_published`, and items that they add are not published.
    """

    def has_content_permission(self, request: HttpRequest, action: str) -> bool:
        """Whether the user has the permission for `action`, such as "publish", on this model."""
        return request.user.has_perm(permission(action, self.model))

    def may_publish(self, request: HttpRequest, item: Any = None) -> bool:
        """Whether the user may publish `item`, or the items of this kind."""
        return self.has_content_permission(request, "publish")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or bool(permitted_languages(request.user, self.model))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or bool(self.translatable_fields(request))

    def translatable_fields(self, request: HttpRequest) -> set[str]:
        """Return the names of the fields with translations that the user may change."""
        return localized_fields(self.model, permitted_languages(request.user, self.model))

    def can_only_translate(self, request: HttpRequest) -> bool:
        return not self.has_content_permission(request, "change") and bool(self.translatable_fields(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [str(name) for name in super().get_readonly_fields(request, obj)]
        if not self.has_content_permission(request, "publish") and not self.is_part_of_draft:
            fields.append("is_published")
        if obj is not None and self.can_only_translate(request):
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            translatable = self.translatable_fields(request)
            fields += [name for name in shown if name not in translatable]
        return list(dict.fromkeys(fields))

    @property
    def is_part_of_draft(self) -> bool:
        """Whether the items are parts of others, so that they go live with the draft of these."""
        return bool(self.model.has_drafts and self.model.parent_fields)

    def unpublish_new(self, request: HttpRequest, item: Any) -> None:
        """Mark a new item as not published if the user may not publish."""
        if item._state.adding and not self.is_part_of_draft and not self.has_content_permission(request, "publish"):
            item.is_published = False


class ReadOnlyMixin(BaseModelAdmin):
    """Admin of rows that nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
