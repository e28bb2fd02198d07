"""Form for an item that several people may edit at the same time.

The form writes only the fields that its user changed. A field that the user did not change keeps its stored value. A
field that the user and somebody else changed is a conflict: an error that shows the stored value. The form with that
error has the stored value as its base value, so that saving it again overwrites it.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.forms.models import InlineForeignKeyField
from django.forms.utils import ErrorDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from modeltranslation.utils import build_localized_fieldname

from editorial.base_values import BASE_VALUES, BaseValues, fingerprint, unix_newlines
from editorial.conflicts import change_message, conflict_message, display_value, last_change
from editorial.models import Content, Revision
from triggers.locks import StaleReadError, locked


class EditBoundField(forms.BoundField):
    form: "EditForm"

    @property
    def data(self) -> Any:
        """The submitted value, or the stored one if the user did not change the field."""
        return self.form.merged_value(self, super().data)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Return the attributes of the control, with the language of its text."""
        attrs = super().build_widget_attrs(attrs, widget)
        language = getattr(self.form.edited_fields.get(self.name), "language", None)
        return attrs | {"lang": language} if language else attrs


class EditForm(forms.ModelForm):
    """Form that writes only what its user changed and reports conflicts."""

    bound_field_class = EditBoundField

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # A copy, because cleaning changes the instance.
        self.stored_row = {} if self.instance._state.adding else column_values(self.instance)
        # The formset sets the base values of its rows.
        is_row = self.prefix is not None
        self.base = BaseValues() if is_row else BaseValues.read(self.data.get(BASE_VALUES, ""))
        self.unchanged: set[str] = set()
        self.conflicts: list[str] = []
        self._merged: dict[str, Any] = {}

    @cached_property
    def edited_fields(self) -> dict[str, models.Field]:
        """The model fields that the form edits, by name."""
        options = self._meta.model._meta
        return {
            model_field.name: model_field
            for model_field in chain(options.concrete_fields, options.many_to_many)
            if model_field.name in self.fields
            and not model_field.primary_key
            and not isinstance(self.fields[model_field.name], InlineForeignKeyField)
            and not self.fields[model_field.name].disabled
        }

    @property
    def base_values(self) -> str:
        """The base values to render."""
        return str(BaseValues(self.stored_fingerprints))

    @cached_property
    def stored_fingerprints(self) -> dict[str, str | list[str]]:
        if self.instance._state.adding:
            return {}
        return {
            name: fingerprint(self.fields[name], model_field, self.initial.get(name))
            for name, model_field in self.edited_fields.items()
        }

    def merged_value(self, bound: forms.BoundField, submitted: Any) -> Any:
        """Return the value of a field to validate and save."""
        if isinstance(submitted, str):
            submitted = unix_newlines(submitted)
        if self.instance._state.adding or bound.name not in self.edited_fields:
            return submitted
        if bound.name not in self._merged:
            self._merged[bound.name] = self._merge(bound, submitted)
        return self._merged[bound.name]

    def _merge(self, bound: forms.BoundField, submitted: Any) -> Any:
        name, model_field = bound.name, self.edited_fields[bound.name]
        stored, base = self.stored_fingerprints[name], self.base.values.get(name)
        if model_field.many_to_many and base is not None:
            added, removed = (set(submitted or ()) - set(base)), (set(base) - set(submitted or ()))
            return [key for key in stored if key not in removed] + sorted(added - set(stored))
        is_file = isinstance(bound.field, forms.FileField)
        if is_file:
            is_unchanged = submitted is None
        else:
            is_unchanged = fingerprint(bound.field, model_field, submitted) in (stored, base)
        is_omitted = bound.field.widget.value_omitted_from_data(self.data, self.files, bound.html_name)
        if is_unchanged or (base is None and is_omitted):
            self.unchanged.add(name)
            # For a file field, None means “not changed”.
            return None if is_file else bound.field.prepare_value(self.initial.get(name))
        if stored != base:
            self.conflicts.append(name)
        return submitted

    @cached_property
    def changed_data(self) -> list[str]:
        changed = super().changed_data
        return [name for name in changed if name not in self.unchanged]

    def full_clean(self) -> None:
        if self.is_bound and not self.instance._state.adding and not self.has_changed():
            # Nothing will be written, so nothing is validated.
            self._errors = ErrorDict(renderer=self.renderer)
            self.cleaned_data = {}
            return
        super().full_clean()

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]  # private in Django
        for name in self.unchanged & self.cleaned_data.keys():
            if not self.edited_fields[name].is_relation:
                # Keep the stored value: cleaning strips spaces.
                self.cleaned_data[name] = self.initial.get(name)
        for name in self.conflicts:
            self.add_error(name, self.conflict_message(name))

    def _save_m2m(self) -> None:
        """Add and remove links one by one. Setting all of them would undo simultaneous changes of others."""
        for name, model_field in self.edited_fields.items():
            if model_field.many_to_many and not self.instance._state.adding and name in self._merged:
                keys, links = self.cleaned_data.pop(name, None), getattr(self.instance, name)
                if keys is not None and name in self.changed_data:
                    before, now = set(self.stored_fingerprints[name]), set(map(str, self._merged[name]))
                    links.remove(*(before - now))
                    links.add(*(now - before))
        super()._save_m2m()  # type: ignore[misc]  # private in Django

    def conflict_message(self, name: str) -> SafeString:
        """Return the error for a field that somebody else changed too."""
        model_field, stored = self.edited_fields[name], self.initial.get(name)
        return conflict_message(
            change_message(last_change(self.instance, self.fields[name].label, self.base.at)),
            display_value(model_field, stored),
            base=self.base_value(name),
            language=getattr(model_field, "language", None),
            is_file=isinstance(model_field, models.FileField),
        )

    def base_value(self, name: str) -> str | None:
        """Return the value that the form was opened with, from the revisions of the item, or None if none has it."""
        if not isinstance(self.instance, Content):
            return None
        model_field = self.edited_fields[name]
        for value in Revision.objects.last_values(self.instance, name):
            if fingerprint(self.fields[name], model_field, value) == self.base.values.get(name):
                return display_value(model_field, model_field.to_python(value))
        return None

    def changed_by_others(self) -> bool:
        """Whether the stored values differ from the base values."""
        return any(value != self.base.values.get(name) for name, value in self.stored_fingerprints.items())

    def lock(self) -> None:
        """Lock the row until the end of the transaction. Raises StaleReadError if it changed since the form read it."""
        row = locked(type(self.instance), self.instance.pk)
        if row is None or column_values(row) != self.stored_row:
            raise StaleReadError(self.instance)

    def submitted_changes(self) -> Iterator[tuple[str, str]]:
        """Yield the labels and values that the user changed, for a form whose item was deleted."""
        for name, model_field in self.edited_fields.items():
            bound = self[name]
            submitted, base = bound.data, self.base.values.get(name)
            if base is None and submitted in (None, "", False, []):
                continue
            if fingerprint(bound.field, model_field, submitted) != base:
                yield str(bound.label), display_submitted(bound, submitted)

    @property
    def submitted_name(self) -> str:
        """The submitted heading of the item, or an empty text."""
        heading = getattr(self._meta.model, "heading_field", "")
        names = (heading, build_localized_fieldname(heading, settings.LANGUAGE_CODE))
        return next((self[name].data or "" for name in names if name in self.fields), "")


def column_values(item: models.Model) -> dict[str, object]:
    """Return the values of all columns of a row."""
    values = {field.attname: field.value_from_object(item) for field in item._meta.concrete_fields}
    return {name: str(value) if isinstance(value, FieldFile) else value for name, value in values.items()}


def display_submitted(bound: forms.BoundField, submitted: Any) -> str:
    """Return a submitted value as a text for people."""
    if isinstance(submitted, bool):
        return _("yes") if submitted else _("no")
    if choices := getattr(bound.field, "choices", None):
        labels = {str(key): str(label) for key, label in choices}
        selected = submitted if isinstance(submitted, list) else [submitted]
        return ", ".join(labels.get(str(key), str(key)) for key in selected)
    return str(submitted or "")
