"""Formsets of forms that several people may edit at the same time."""

from functools import cached_property
from typing import Any, cast

from django.core.exceptions import TooManyFieldsSent, ValidationError
from django.db import models
from django.forms.formsets import TOTAL_FORM_COUNT, ManagementForm
from django.forms.models import BaseInlineFormSet, BaseModelFormSet
from django.utils.translation import gettext as _

from editorial.base_values import BASE_VALUES, BaseValues, RenderedField, fingerprint
from editorial.forms import EditForm
from editorial.models import Content
from editorial.revisions.snapshots import Parts

# Rows that may be submitted at once, the same as ModelAdmin.list_max_show_all.
MAX_ROWS = 200


class EditFormSet(BaseModelFormSet):
    """Formset of EditForms. Rows that were deleted meanwhile are ignored and listed in `deleted_rows`."""

    model: type[models.Model]
    deleted_row_count = 0

    def total_form_count(self) -> int:
        """Raises TooManyFieldsSent (status 400) if more than `MAX_ROWS` rows are submitted."""
        if self.is_bound and (self.management_form.cleaned_data[TOTAL_FORM_COUNT] or 0) > MAX_ROWS:
            raise TooManyFieldsSent(f"More than {MAX_ROWS} rows were submitted.")
        return super().total_form_count()

    @property
    def deleted_rows(self) -> list[tuple[str, EditForm]]:
        """The primary keys and forms of the rows that were deleted meanwhile."""
        # Making the forms fills the list.
        return self._deleted_rows if self.forms is not None else []

    @cached_property
    def management_form(self) -> ManagementForm:
        form = super().management_form
        # A callable, because it needs the forms, which are made later.
        form.fields[BASE_VALUES] = RenderedField(initial=self.base_values, required=False)
        return form

    def base_values(self) -> str:
        return str(BaseValues({str(form.instance.pk): form.stored_fingerprints for form in self.stored_forms}))

    @property
    def stored_forms(self) -> list[EditForm]:
        """The forms of the rows that are stored."""
        return cast(list[EditForm], self.initial_forms)

    @cached_property
    def base(self) -> BaseValues:
        return BaseValues.read(self.data.get(f"{self.prefix}-{BASE_VALUES}", ""))

    def submitted_key(self, index: int) -> str:
        """Return the primary key that was submitted for a row."""
        return self.data.get(f"{self.add_prefix(index)}-{self.model._meta.pk.name}", "")

    def _construct_form(self, i: int, **kwargs: Any) -> EditForm:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]  # private in Django
        if self.is_bound:
            form.base = BaseValues(self.base.values.get(self.submitted_key(i), {}), self.base.at)
        return form

    @cached_property
    def forms(self) -> list[EditForm]:  # type: ignore[override]  # a more precise type
        self._deleted_rows: list[tuple[str, EditForm]] = []
        forms = cast(list[EditForm], super().forms)
        if not self.is_bound:
            return forms
        present = []
        for index, form in enumerate(forms[: self.initial_form_count()]):
            if not form.instance._state.adding:
                present.append(form)
            # The key is empty if an earlier response has already reported the row and left a gap in the numbers.
            elif key := self.submitted_key(index):
                self._deleted_rows.append((key, form))
        added = forms[self.initial_form_count() :]
        self.deleted_row_count = len(forms) - len(added) - len(present)
        # The admin expects the queryset to be in the order of the forms.
        self._queryset = [form.instance for form in present]
        return present + added

    def initial_form_count(self) -> int:
        return super().initial_form_count() - self.deleted_row_count

    def clean(self) -> None:
        super().clean()
        for form in cast(list[EditForm], self.deleted_forms):
            if not form.instance._state.adding and form.changed_by_others():
                raise ValidationError(
                    _("“%(name)s” was changed after you opened the form. Look at it below; save again to delete it."),
                    params={"name": form.instance},
                )

    def delete_existing(self, obj: models.Model, commit: bool = True) -> None:
        next(form for form in self.stored_forms if form.instance is obj).lock()
        super().delete_existing(obj, commit)


class EditInlineFormSet(EditFormSet, BaseInlineFormSet):
    """Formset of the rows that refer to an item by a foreign key."""

    @property
    def parts(self) -> Parts:
        return Parts(cast(type[Content], self.model), self.fk.name)

    @cached_property
    def forms(self) -> list[EditForm]:  # type: ignore[override]  # a more precise type
        """The forms of the rows, without new rows that an earlier submission of the same form added."""
        forms = super().forms
        count = self.initial_form_count()
        return [*forms[:count], *(form for form in forms[count:] if not self.is_repeated(form))]

    @cached_property
    def added_meanwhile(self) -> list[Content]:
        """The rows that were added after the form was opened."""
        if f"{self.prefix}-{BASE_VALUES}" not in self.data:
            return []
        rows = self.parts.of([self.instance.pk]).filter(updated_at__gte=self.base.at)
        return list(rows.exclude(pk__in=[key for key in self.base.values if key.isdecimal()]))

    def is_repeated(self, form: EditForm) -> bool:
        """Whether a new row has the values of one that was added meanwhile, or nothing was sent for it.

        Nothing is sent for the gap in the numbers that a response without a repeated row leaves.
        """
        if not self.is_bound:
            return False
        if not any(name.startswith(f"{form.prefix}-") for name in self.data):
            return True
        # The program changes `is_published` of users who may not publish.
        fields = [(form[name], field) for name, field in form.edited_fields.items() if name != "is_published"]
        return any(
            all(
                fingerprint(bound.field, field, bound.data)
                == fingerprint(bound.field, field, field.value_from_object(row))
                for bound, field in fields
            )
            for row in self.added_meanwhile
        )

    def clean(self) -> None:
        super().clean()
        self.report_equal_rows()

    def report_equal_rows(self) -> None:
        """Add an error to each changed row with values that another row has too.

        Django compares the changed rows only. The others are unchanged, on another page, or were added meanwhile.
        """
        kept = [form for form in self.forms if form not in self.deleted_forms and not form.errors]
        shown = [form.instance.pk for form in self.stored_forms]
        for names, constraint in self.parts.unique_fields.items():
            taken = set(self.parts.of([self.instance.pk]).exclude(pk__in=shown).values_list(*names))
            # Unchanged rows first, because they keep their values.
            for form in sorted(kept, key=lambda form: form.has_changed()):
                values = tuple(getattr(form.instance, name) for name in names)
                if form.has_changed() and values in taken:
                    form.add_error(names[0], str(constraint.get_violation_error_message()))
                if form.has_changed() or form.instance.pk:
                    taken.add(values)

    def save_existing_objects(self, commit: bool = True) -> list[models.Model]:
        """Lock all changed rows before the first is written, because rows may exchange values."""
        changed = [form for form in self.stored_forms if form.has_changed() and form not in self.deleted_forms]
        for form in changed:
            form.lock()
        if commit and len(changed) > 1:
            self.parts.release_unique_values(form.instance.pk for form in changed)
        return super().save_existing_objects(commit)
