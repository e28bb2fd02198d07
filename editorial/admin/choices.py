"""Fields and filters that offer related items: all of them, or the first ones and a search."""

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db import models
from django.forms import Select

# Number of items offered in a form or beside a list; where there are more, a search finds the others.
MOST_OFFERED = 100


class SearchMixin:
    """Offers the first items and those that are chosen, and searches all; without a script, the offered ones remain."""

    def optgroups(self, name, value, attrs=None):
        offered = {str(key) for key, _label in self.choices}
        if others := [key for key in value if key.isdigit() and key not in offered]:
            chosen = self.field.related_model._default_manager.filter(pk__in=others)
            self.choices = [*self.choices, *((item.pk, str(item)) for item in chosen)]
        return Select.optgroups(self, name, value, attrs)


class SearchedChoice(SearchMixin, AutocompleteSelect):
    pass


class SearchedChoices(SearchMixin, AutocompleteSelectMultiple):
    pass


class ChoicesMixin:
    """What an item may refer to is offered as a whole where that is little, and searched for where it is much."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if not isinstance(db_field, models.ForeignKey | models.ManyToManyField):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        queryset = self.get_field_queryset(None, db_field, request)
        if queryset is None:
            queryset = db_field.related_model._default_manager.all()
        most = self.most_offered(db_field)
        items = list(queryset[: most + 1])
        if len(items) > most and self.may_search(db_field.related_model, request):
            widget = SearchedChoices if db_field.many_to_many else SearchedChoice
            kwargs["widget"] = widget(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        nothing = [] if field.empty_label is None else [("", field.empty_label)]
        # Read once for all forms on the page.
        field.choices = [*nothing, *map(field.iterator(field).choice, items[:most])]
        return field

    def most_offered(self, db_field) -> int:
        return MOST_OFFERED

    def may_search(self, model, request) -> bool:
        return model in self.admin_site._registry and self.admin_site._registry[model].has_view_permission(request)


class OfferedFilter(admin.RelatedFieldListFilter):
    """Offers the first items that those of the list may refer to; the search finds by the others."""

    def field_choices(self, field, request, model_admin):
        items = field.related_model._default_manager.all()
        if ordering := self.field_admin_ordering(field, request, model_admin):
            items = items.order_by(*ordering)
        return [(item.pk, str(item)) for item in items[:MOST_OFFERED]]
