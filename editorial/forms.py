"""Forms for what several people edit at once: they write what their user changed, and overwrite nothing unseen.

A form carries a digest of each value that it was rendered with, its base value. When it comes back, there are three
values of each field: the base value, the stored value, and what was submitted. A field that the user left alone keeps
its stored value. A field that both changed is a conflict: an error that shows the stored value beside what was typed.
The form shown with it carries the stored value as its base value, so that saving it again settles the conflict.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from itertools import chain

from django import forms
from django.conf import settings
from django.contrib.contenttypes.forms import BaseGenericInlineFormSet
from django.core import signing
from django.core.exceptions import TooManyFieldsSent, ValidationError
from django.db import models
from django.db.models.fields.files import FieldFile
from django.forms.formsets import TOTAL_FORM_COUNT
from django.forms.models import BaseInlineFormSet, BaseModelFormSet, InlineForeignKeyField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from modeltranslation.utils import build_localized_fieldname

from editorial.conflicts import change_message, conflict_message, last_change, readable
from translations.status.locks import StaleReadError, locked

BASE_VALUES = "base_values"
# Rows that may be submitted at once: as many as a list shows (ModelAdmin.list_max_show_all).
MOST_ROWS = 200


@dataclass
class BaseValues:
    """The values that a form was rendered with, as a hidden input carries them. Only its own user could forge them."""

    values: dict = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __str__(self):
        return signing.dumps([self.at.timestamp(), self.values], salt=BASE_VALUES, compress=True)

    @classmethod
    def read(cls, text: str) -> "BaseValues":
        """The base values in `text`; none where it is missing or damaged, so that whatever differs is a conflict."""
        try:
            at, values = signing.loads(text, salt=BASE_VALUES)
        except signing.BadSignature:
            return cls()
        return cls(values, datetime.fromtimestamp(at, UTC))


def unix_newlines(text: str) -> str:
    """`text` with "\\n" for each line break: browsers submit "\\r\\n" for what they were sent as "\\n"."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fingerprint(form_field: forms.Field, model_field: models.Field, value) -> str | list[str]:
    """Stands for a value, stored or submitted: the same for two values that are stored alike.

    Links to many are their keys themselves, so that those which two people add or take away can be put together.
    """
    if model_field.many_to_many:
        return sorted(str(getattr(other, "pk", other)) for other in value or ())
    if model_field.is_relation:
        value = getattr(value, "pk", value)
    elif not isinstance(model_field, models.FileField):
        with suppress(ValidationError, TypeError, ValueError):
            # The second sanitises rich text.
            value = model_field.get_prep_value(form_field.to_python(value))
    if isinstance(value, Decimal):
        value = value.normalize()
    elif isinstance(value, datetime):
        value = value.astimezone(UTC)
    text = "" if value is None else unix_newlines(str(value))
    return urlsafe_b64encode(sha256(text.encode(errors="replace")).digest()[:6]).decode()


class EditBoundField(forms.BoundField):
    @property
    def data(self):
        """The submitted value, or the stored one where the user left the field alone."""
        return self.form.merged(self, super().data)


class EditForm(forms.ModelForm):
    """A form for an item that others may be editing at the same time."""

    bound_field_class = EditBoundField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Before cleaning writes into the instance.
        self.stored_row = {} if self.instance._state.adding else column_values(self.instance)
        # A formset tells its rows.
        is_row = self.prefix is not None
        self.base = BaseValues() if is_row else BaseValues.read(self.data.get(BASE_VALUES, ""))
        self.kept: set[str] = set()
        self.conflicts: list[str] = []
        self._merged = {}

    @cached_property
    def edited_fields(self) -> dict[str, models.Field]:
        """The model's fields that the form edits."""
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
        """The values that the form is rendered with."""
        return str(BaseValues(self.stored_fingerprints))

    @cached_property
    def stored_fingerprints(self) -> dict[str, str | list[str]]:
        if self.instance._state.adding:
            return {}
        return {
            name: fingerprint(self.fields[name], model_field, self.initial.get(name))
            for name, model_field in self.edited_fields.items()
        }

    def merged(self, bound: forms.BoundField, submitted):
        """The value that counts as submitted for a field."""
        if isinstance(submitted, str):
            submitted = unix_newlines(submitted)
        if self.instance._state.adding or bound.name not in self.edited_fields:
            return submitted
        if bound.name not in self._merged:
            self._merged[bound.name] = self._merge(bound, submitted)
        return self._merged[bound.name]

    def _merge(self, bound: forms.BoundField, submitted):
        name, model_field = bound.name, self.edited_fields[bound.name]
        stored, base = self.stored_fingerprints[name], self.base.values.get(name)
        if model_field.many_to_many and base is not None:
            added, removed = (set(submitted or ()) - set(base)), (set(base) - set(submitted or ()))
            return [key for key in stored if key not in removed] + sorted(added - set(stored))
        if isinstance(bound.field, forms.FileField):
            is_left_alone = submitted is None
        else:
            mine = fingerprint(bound.field, model_field, submitted)
            is_left_alone = mine in (stored, base)
        is_absent = bound.field.widget.value_omitted_from_data(self.data, self.files, bound.html_name)
        if is_left_alone or (base is None and is_absent):
            self.kept.add(name)
            # A file field takes None for "as it is".
            is_file = isinstance(bound.field, forms.FileField)
            return None if is_file else bound.field.prepare_value(self.initial.get(name))
        if stored != base:
            self.conflicts.append(name)
        return submitted

    @cached_property
    def changed_data(self) -> list[str]:
        changed = super().changed_data
        return [name for name in changed if name not in self.kept]

    def full_clean(self):
        if self.is_bound and not self.instance._state.adding and not self.has_changed():
            # Nothing is written, so nothing is validated.
            self._errors = ErrorDict(renderer=self.renderer)
            self.cleaned_data = {}
            return
        super().full_clean()

    def _clean_fields(self):
        super()._clean_fields()
        for name in self.kept & self.cleaned_data.keys():
            if not self.edited_fields[name].is_relation:
                # Not as cleaning left it, without spaces at its end.
                self.cleaned_data[name] = self.initial.get(name)
        for name in self.conflicts:
            self.add_error(name, self.conflict_message(name))

    def _save_m2m(self):
        """Add and take away links one by one: to set all of them would undo what others do at this moment."""
        for name, model_field in self.edited_fields.items():
            if model_field.many_to_many and not self.instance._state.adding and name in self._merged:
                keys, links = self.cleaned_data.pop(name, None), getattr(self.instance, name)
                if keys is not None and name in self.changed_data:
                    before, now = set(self.stored_fingerprints[name]), set(map(str, self._merged[name]))
                    links.remove(*(before - now))
                    links.add(*(now - before))
        super()._save_m2m()

    def conflict_message(self, name: str):
        model_field, stored = self.edited_fields[name], self.initial.get(name)
        return conflict_message(
            change_message(last_change(self.instance, self.fields[name].label, self.base.at)),
            readable(model_field, stored),
            language=getattr(model_field, "language", None),
            is_file=isinstance(model_field, models.FileField),
        )

    def changed_by_others(self) -> bool:
        """Whether the row is no longer as the form was rendered with it."""
        return any(value != self.base.values.get(name) for name, value in self.stored_fingerprints.items())

    def claim(self):
        """Lock the row until the end of the transaction. Raises StaleReadError if it is not as this form read it."""
        row = locked(type(self.instance), self.instance.pk)
        if row is None or column_values(row) != self.stored_row:
            raise StaleReadError(self.instance)

    def typed(self) -> Iterable[tuple[str, str]]:
        """The labels and values of what the user changed in a form whose item is gone."""
        for name, model_field in self.edited_fields.items():
            bound = self[name]
            submitted, base = bound.data, self.base.values.get(name)
            if base is None and submitted in (None, "", False, []):
                continue
            if fingerprint(bound.field, model_field, submitted) != base:
                yield str(bound.label), readable_submission(bound, submitted)

    @property
    def submitted_name(self) -> str:
        """The name of the item in the form that was submitted, where it has one."""
        heading = getattr(self._meta.model, "heading_field", "")
        names = (heading, build_localized_fieldname(heading, settings.LANGUAGE_CODE))
        return next((self[name].data or "" for name in names if name in self.fields), "")


def column_values(item: models.Model) -> dict[str, object]:
    """The values of all columns of a row."""
    values = {field.attname: field.value_from_object(item) for field in item._meta.concrete_fields}
    return {name: str(value) if isinstance(value, FieldFile) else value for name, value in values.items()}


def readable_submission(bound: forms.BoundField, submitted) -> str:
    if isinstance(submitted, bool):
        return _("yes") if submitted else _("no")
    if choices := getattr(bound.field, "choices", None):
        labels = {str(key): str(label) for key, label in choices}
        chosen = submitted if isinstance(submitted, list) else [submitted]
        return ", ".join(labels.get(str(key), str(key)) for key in chosen)
    return str(submitted or "")


class RenderedField(forms.CharField):
    """A hidden field that is always rendered with its initial value, also in a form that was submitted."""

    widget = forms.HiddenInput

    def bound_data(self, data, initial):
        return initial


class EditFormSetMixin:
    """A formset of EditForms. A row that is no longer there is passed over."""

    _missing = 0

    def total_form_count(self):
        """Raises TooManyFieldsSent, which is answered with 400, where more rows are submitted than a list shows."""
        if self.is_bound and self.management_form.cleaned_data[TOTAL_FORM_COUNT] > MOST_ROWS:
            raise TooManyFieldsSent(f"More than {MOST_ROWS} rows were submitted.")
        return super().total_form_count()

    @property
    def gone(self) -> list[EditForm]:
        """The forms whose rows are no longer there."""
        # They are sorted out when the forms are made.
        return self._gone if self.forms is not None else []

    @cached_property
    def management_form(self):
        form = super().management_form
        # Called when it is rendered: by then the forms are made.
        form.fields[BASE_VALUES] = RenderedField(initial=self.base_values, required=False)
        return form

    def base_values(self) -> str:
        return str(BaseValues({str(form.instance.pk): form.stored_fingerprints for form in self.initial_forms}))

    @cached_property
    def base(self) -> BaseValues:
        return BaseValues.read(self.data.get(f"{self.prefix}-{BASE_VALUES}", ""))

    def submitted_key(self, index: int) -> str:
        return self.data.get(f"{self.add_prefix(index)}-{self.model._meta.pk.name}", "")

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        if self.is_bound:
            form.base = BaseValues(self.base.values.get(self.submitted_key(i), {}), self.base.at)
        return form

    @cached_property
    def forms(self):
        forms, self._gone = super().forms, []
        if not self.is_bound:
            return forms
        present, missing = [], []
        for index, form in enumerate(forms[: self.initial_form_count()]):
            (missing if form.instance._state.adding else present).append((index, form))
        added = forms[self.initial_form_count() :]
        # A gap in the numbering is what is left of a row that an earlier answer told of.
        for index, form in missing:
            if key := self.submitted_key(index):
                form.gone_key = key
                self._gone.append(form)
        self._missing = len(missing)
        # The admin takes the rows of the formset for those of its forms, in this order.
        self._queryset = [form.instance for _index, form in present]
        return [form for _index, form in present] + added

    def initial_form_count(self):
        return super().initial_form_count() - self._missing

    def clean(self):
        super().clean()
        for form in self.deleted_forms:
            if not form.instance._state.adding and form.changed_by_others():
                raise ValidationError(
                    _("“%(name)s” was changed after you opened the form. Look at it below; save again to delete it."),
                    params={"name": form.instance},
                )

    def save_existing(self, form, obj, commit=True):
        form.claim()
        return super().save_existing(form, obj, commit)

    def delete_existing(self, obj, commit=True):
        next(form for form in self.initial_forms if form.instance is obj).claim()
        super().delete_existing(obj, commit)


class EditFormSet(EditFormSetMixin, BaseModelFormSet):
    """The rows of a list whose columns can be edited."""


class EditInlineFormSet(EditFormSetMixin, BaseInlineFormSet):
    """The rows that are edited within the form of what they belong to."""


class EditGenericInlineFormSet(EditFormSetMixin, BaseGenericInlineFormSet):
    """The same where the rows may belong to an item of any kind."""
