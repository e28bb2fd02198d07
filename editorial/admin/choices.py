"""Form fields and filters for related items. They offer all items, or the first ones and a search."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db import models
from django.http import HttpRequest

# Items that a form or a filter offers. Users search for the others.
MAX_CHOICES = 100


class SearchedChoice(AutocompleteSelect):
    """Select that offers the first items and the selected ones. With JavaScript, users can search all items."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list:
        offered = {str(key) for key, _label in self.choices}
        if others := [key for key in value if key.isdecimal() and key not in offered]:
            selected = self.field.related_model._default_manager.filter(pk__in=others)
            self.choices = [*self.choices, *((item.pk, str(item)) for item in selected)]
        # AutocompleteSelect.optgroups would omit the items that are not selected.
        return forms.Select.optgroups(self, name, list(value), attrs)


class SearchedChoices(SearchedChoice, AutocompleteSelectMultiple):
    """SearchedChoice for several items."""


class ChoicesMixin(BaseModelAdmin):
    """Admin whose fields offer all related items if they are few, and the first ones and a search otherwise."""

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        if not isinstance(db_field, models.ForeignKey | models.ManyToManyField):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        queryset = self.get_field_queryset(None, db_field, request)
        if queryset is None:
            queryset = db_field.related_model._default_manager.all()
        limit = self.max_choices(db_field)
        items = list(queryset[: limit + 1])
        if len(items) > limit and self.can_search(db_field.related_model, request):
            widget = SearchedChoices if db_field.many_to_many else SearchedChoice
            kwargs["widget"] = widget(db_field, self.admin_site)
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        nothing = [] if field.empty_label is None else [("", field.empty_label)]
        # The list is read once for all forms on the page.
        field.choices = [*nothing, *map(field.iterator(field).choice, items[:limit])]
        return field

    def max_choices(self, db_field: models.Field) -> int:
        """Return the number of related items up to which all of them are offered."""
        return MAX_CHOICES

    def can_search(self, model: type[models.Model], request: HttpRequest) -> bool:
        registry = self.admin_site._registry
        return model in registry and registry[model].has_view_permission(request)


class LimitedChoicesFilter(admin.RelatedFieldListFilter):
    """Filter that offers the first related items. The search of the list finds the others."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        items = field.related_model._default_manager.all()
        if ordering := self.field_admin_ordering(field, request, model_admin):
            items = items.order_by(*ordering)
        return [(item.pk, str(item)) for item in items[:MAX_CHOICES]]
