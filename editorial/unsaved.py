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
from django.db.models import QuerySet
from django.forms import BaseForm, BaseModelFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from editorial.forms import BASE_VALUES

# Names the hidden input in which the sign-in page carries a posted form.
CARRIED = "unsaved_input"
# The names of Django's fields for passwords; usable_password is a choice.
# A primary key as a form may carry it.
KEY = re.compile(r"[0-9]{1,18}")
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
        """The posted fields, whether to the form itself or carried by the sign-in page."""
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
                fields.setlist(well_formed(name), [well_formed(value) for value in values])
            return cls(fields, [well_formed(name) for name in typed["files"]])
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
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


def well_formed(value: object) -> str:
    """`value` as text, without unpaired surrogates, which JSON can name and no answer can carry."""
    return str(value).encode("utf-8", "replace").decode()


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


def posted(request: HttpRequest) -> QueryDict:
    """The fields that `request` posted, now or before its session or token was found to have ended."""
    typed = unsaved_input(request)
    return typed.fields if typed else request.POST


def as_typed(form_class: type[BaseForm], request: HttpRequest) -> type[BaseForm]:
    """`form_class`, bound to the unsaved input of `request` where there is one. It is shown and not checked."""
    typed = unsaved_input(request)
    if typed is None or typed.is_action:
        return form_class

    class FormAsTyped(form_class):
        # As posted, so that saving finds what others changed since.
        base_values = typed.fields.get(BASE_VALUES, "")

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs | {"data": typed.fields})
            self._errors = ErrorDict()
            if BASE_VALUES in self.fields:
                self.fields[BASE_VALUES].initial = self.base_values

    # A subclass of a model form makes its fields anew; those of the class may have been adapted since.
    FormAsTyped.base_fields = form_class.base_fields
    return FormAsTyped


def rows_as_typed(
    formset_class: type[BaseModelFormSet], request: HttpRequest, queryset: QuerySet | None = None
) -> type[BaseModelFormSet]:
    """`formset_class` with the rows in the unsaved input of `request`; of those in `queryset` where it is given."""
    typed = unsaved_input(request)
    if typed is None or typed.is_action:
        return formset_class

    class RowsAsTyped(formset_class):
        def __init__(self, *args, **kwargs):
            prefix = kwargs.get("prefix") or self.get_default_prefix()
            if f"{prefix}-TOTAL_FORMS" in typed.fields:
                kwargs["data"] = typed.fields
                if queryset is not None:
                    kwargs["queryset"] = queryset
            super().__init__(*args, **kwargs)
            self._errors, self._non_form_errors = [ErrorDict() for _form in self.forms], ErrorList()

        def base_values(self) -> str:
            return typed.fields.get(f"{self.prefix}-{BASE_VALUES}", "") if self.is_bound else super().base_values()

        def _construct_form(self, number, **kwargs):
            form = super()._construct_form(number, **kwargs)
            if self.is_bound:
                form._errors = ErrorDict()
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
        formset = super().get_changelist_formset(request, **kwargs)
        key = re.compile(rf"{formset.get_default_prefix()}-\d+-{self.opts.pk.name}$")
        if typed := unsaved_input(request):
            for name in [name for name in typed.fields if key.match(name)]:
                if not KEY.fullmatch(typed.fields[name]):
                    typed.fields[name] = ""
        keys = [value for name, value in posted(request).items() if key.match(name) and KEY.fullmatch(value)]
        # All that were posted, on whichever page of the list they are by now.
        return rows_as_typed(formset, request, self.get_queryset(request).filter(pk__in=keys))
