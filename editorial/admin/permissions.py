"""Permissions finer than those of Django: translating without changing, and publishing."""

from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import get_permission_codename
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from translations.status.permissions import permitted_languages


def translation_fields(model, languages) -> set[str]:
    """The fields of `model` that hold a translation into one of `languages`: title_pl, but not order."""
    if model not in translator.get_registered_models():
        return set()
    return {
        build_localized_fieldname(name, code)
        for name in translator.get_options_for_model(model).fields
        for code in languages
    }


class RolesMixin:
    """Rights finer than Django's own: who may translate without changing, and who may publish.

    A user who may translate, into all languages or some, edits these translations and reads the rest. Without the
    `publish` permission nothing is put on the site or taken off it; what such a user adds waits for a publisher.
    """

    def has_right(self, request, action: str) -> bool:
        codename = get_permission_codename(action, self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def has_module_permission(self, request):
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or bool(permitted_languages(request.user, self.model))

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or self.translates(request)

    def translates(self, request) -> bool:
        return bool(translation_fields(self.model, permitted_languages(request.user, self.model)))

    def translates_only(self, request) -> bool:
        return not self.has_right(request, "change") and self.translates(request)

    def get_readonly_fields(self, request, obj=None):
        fields = [*super().get_readonly_fields(request, obj)]
        if not self.has_right(request, "publish"):
            fields.append("is_published")
        if obj is not None and self.translates_only(request):
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            open_fields = translation_fields(self.model, permitted_languages(request.user, self.model))
            fields += [name for name in shown if name not in open_fields]
        return list(dict.fromkeys(fields))

    def hold_back(self, request, item):
        """Keep a new item from visitors where its author may not publish."""
        if item._state.adding and not self.has_right(request, "publish"):
            item.is_published = False
