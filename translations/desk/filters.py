"""Filters of the list of texts."""

from django.conf import settings
from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from translations.desk.models import TextToTranslate
from translations.status.fields import TARGET_LANGUAGES, translated_models
from translations.status.permissions import own_language


class LanguageFilter(admin.SimpleListFilter):
    """The language of the user by default."""

    title = _("language")
    parameter_name = "language"
    ALL = "all"

    def __init__(self, request, params, model, model_admin):
        self.own_language = own_language(request.user) or self.ALL
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return [*((code, settings.CONTENT_LANGUAGES[code]) for code in TARGET_LANGUAGES), (self.ALL, _("all"))]

    def value(self):
        return super().value() or self.own_language

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        return queryset if self.value() == self.ALL else queryset.into(self.value())

    def includes(self, text: TextToTranslate) -> bool:
        return self.value() in (text.language, self.ALL)


class StatusFilter(admin.SimpleListFilter):
    """Open texts by default."""

    title = _("status")
    parameter_name = "status"
    OPEN, IN_DRAFTS, ALL = "open", "in_drafts", "all"

    def lookups(self, request, model_admin):
        own = [(self.OPEN, _("to do")), *TextToTranslate.Status.choices]
        return [*own, (self.IN_DRAFTS, _("changed in a draft of the item")), (self.ALL, _("all"))]

    def value(self):
        return super().value() or self.OPEN

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        return queryset.with_status(self.value())

    def includes(self, text: TextToTranslate) -> bool:
        """Whether the list has a text that only a draft has."""
        is_open = text.status == text.Status.MISSING
        return {self.OPEN: is_open, self.IN_DRAFTS: is_open, self.ALL: True}.get(
            self.value(), text.status == self.value()
        )


class KindFilter(admin.SimpleListFilter):
    title = _("kind of content")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(model._meta.label_lower, capfirst(model._meta.verbose_name)) for model in translated_models()]

    def queryset(self, request, queryset):
        return queryset.of_kind(self.value()) if self.value() else queryset

    def includes(self, text: TextToTranslate) -> bool:
        return not self.value() or self.value() == text.model
