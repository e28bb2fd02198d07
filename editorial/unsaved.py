"""Unsaved input: a posted admin form that was not accepted, shown again as it was typed and saved by nobody.

A form is posted after its session has ended, or with the CSRF token of a session that a sign-in in another tab
replaced. The view is then asked as by GET, which writes nothing, and its forms are bound to what was posted.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm, BaseModelFormSet
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

# Names the hidden input in which the sign-in page carries a posted form.
CARRIED = "unsaved_input"
# The names of Django's fields for passwords; usable_password is a choice.
PASSWORD = re.compile(r"(?!usable_)\w*password\d*$")
# Room in the sign-in form for the name, the password and the token.
SIGN_IN_BYTES = 10_000


@dataclass(frozen=True)
class UnsavedInput:
    """The fields of a posted form, and the names of the files that came with it. Passwords are left out."""

    fields: QueryDict
    files: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, request: HttpRequest) -> "UnsavedInput":
        """What was posted, whether to the form itself or carried by the sign-in page."""
        if CARRIED in request.POST:
            return cls.parse(request.POST[CARRIED])
        fields = request.POST.copy()
        for name in request.POST:
            if name == "csrfmiddlewaretoken" or PASSWORD.match(name):
                del fields[name]
        return cls(fields, [file.name for _name, files in request.FILES.lists() for file in files])

    @classmethod
    def parse(cls, carried: str) -> "UnsavedInput":
        fields = QueryDict(mutable=True)
        try:
            typed = json.loads(carried)
            for name, values in typed["fields"].items():
                fields.setlist(name, [str(value) for value in values])
            return cls(fields, [str(name) for name in typed["files"]])
        except (ValueError, TypeError, AttributeError, KeyError):
            return cls(QueryDict(mutable=True))

    @property
    def carried(self) -> str:
        """As the value of one input; empty where a form that has it would be too large to be posted."""
        typed = json.dumps({"fields": dict(self.fields.lists()), "files": self.files}, ensure_ascii=False)
        fits = len(quote_plus(typed)) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE - SIGN_IN_BYTES
        return typed if fits else ""

    @property
    def is_action(self) -> bool:
        """Whether the post chose an action for items of a list and nothing was typed."""
        return "action" in self.fields and "_save" not in self.fields


def by_get(request: HttpRequest) -> HttpRequest:
    """`request` as one by GET, on which no view writes; the post itself is gone for whatever comes after."""
    request.method = request.META["REQUEST_METHOD"] = "GET"
    request.POST, request._files = QueryDict(), MultiValueDict()
    return request


def show(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Answer as `view` answers to GET, with its forms as they were posted."""
    typed = UnsavedInput.of(request)
    request.unsaved_input = typed if typed.fields else None
    return view(by_get(request))


def unsaved_input(request: HttpRequest) -> UnsavedInput | None:
    return getattr(request, "unsaved_input", None)


def bind(form: BaseForm, fields: QueryDict):
    """Show `fields` in `form` without checking them: errors are for what somebody saves."""
    form.data, form.is_bound, form._errors = fields, True, ErrorDict()


def as_typed(form_class: type[BaseForm], request: HttpRequest) -> type[BaseForm]:
    """`form_class`, bound to the unsaved input of `request` where there is one."""
    typed = unsaved_input(request)
    if typed is None or typed.is_action:
        return form_class

    class FormAsTyped(form_class):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            bind(self, typed.fields)

    # A subclass of a model form makes its fields anew; those of the class may have been adapted since.
    FormAsTyped.base_fields = form_class.base_fields
    return FormAsTyped


def rows_as_typed(formset_class: type[BaseModelFormSet], request: HttpRequest) -> type[BaseModelFormSet]:
    """`formset_class` with the rows in the unsaved input of `request`: those of the database, and then added ones.

    Rows are told apart by primary key, since others may have come or gone meanwhile.
    """
    typed = unsaved_input(request)
    if typed is None or typed.is_action:
        return formset_class

    class RowsAsTyped(formset_class):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.typed, self.added = self.read_rows()
            existing = {str(item.pk) for item in self.get_queryset()}
            if gone := [row for key, row in self.typed.items() if key not in existing]:
                shown = {name for name, field in self.form.base_fields.items() if not field.widget.is_hidden}
                words = "; ".join(value for row in gone for name, value in row.items() if value and name in shown)
                messages.warning(
                    request, _("A row that you had before you is no longer here. It said: %(words)s") % {"words": words}
                )

        def read_rows(self) -> tuple[dict[str, QueryDict], list[QueryDict]]:
            """The typed rows: those that were in the database by primary key, and those that were added."""
            known, added = {}, []
            total = typed.fields.get(f"{self.prefix}-TOTAL_FORMS", "")
            for number in range(min(int(total), self.absolute_max) if total.isdecimal() else 0):
                begin = f"{self.prefix}-{number}-"
                row = QueryDict(mutable=True)
                for name, values in typed.fields.lists():
                    if name.startswith(begin):
                        row.setlist(name.removeprefix(begin), values)
                if key := row.get(self.model._meta.pk.name):
                    known[key] = row
                elif row:
                    added.append(row)
            return known, added

        def total_form_count(self) -> int:
            return self.initial_form_count() + len(getattr(self, "added", []))

        def _construct_form(self, number, **kwargs):
            form = super()._construct_form(number, **kwargs)
            before = self.initial_form_count()
            row = self.typed.get(str(form.instance.pk)) if number < before else self.added[number - before]
            if row is not None:
                fields = QueryDict(mutable=True)
                for name, values in row.lists():
                    fields.setlist(f"{form.prefix}-{name}", values)
                bind(form, fields)
            return form

    return RowsAsTyped


class UnsavedInputMixin:
    """Has each form of a ModelAdmin show the unsaved input of its request."""

    def get_form(self, request, obj=None, **kwargs):
        return as_typed(super().get_form(request, obj, **kwargs), request)

    def get_formsets_with_inlines(self, request, obj=None):
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield rows_as_typed(formset, request), inline

    def get_changelist_formset(self, request, **kwargs):
        return rows_as_typed(super().get_changelist_formset(request, **kwargs), request)
