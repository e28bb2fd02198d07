"""Unsaved input: an admin form that was submitted with an ended session or an old CSRF token, and is shown again.

A CSRF token is old if a sign-in in another tab replaced the session. The view is called with a GET request, which
writes nothing, and its forms are bound to the submitted data.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from editorial.admin_urls import primary_key
from editorial.base_values import BASE_VALUES
from editorial.models import StoredInput
from editorial.models.unsaved_input import MAX_PATH

# Name of the hidden input that carries a submitted form through the sign-in page.
INPUT_NAME = "unsaved_input"
# Names of Django's password fields. usable_password is not one, but a choice.
PASSWORD = re.compile(r"(?!usable_)\w*password\d*$")
# Bytes that the sign-in form needs for its other fields.
SIGN_IN_BYTES = 10_000


@dataclass(frozen=True)
class UnsavedInput:
    """Fields of a submitted form without passwords, and the names of its files."""

    fields: QueryDict
    files: list[str] = field(default_factory=list)

    @classmethod
    def from_request(cls, request: HttpRequest) -> "UnsavedInput":
        """Return the fields that were submitted to the form itself or carried through the sign-in page."""
        if INPUT_NAME in request.POST:
            return cls.parse(str(request.POST[INPUT_NAME]))
        fields = request.POST.copy()
        for name in request.POST:
            if name == "csrfmiddlewaretoken" or PASSWORD.match(name):
                del fields[name]
        return cls(fields, [file.name or "" for _name, files in request.FILES.lists() for file in files])

    @classmethod
    def parse(cls, text: str) -> "UnsavedInput":
        """Return the input in `text`, the value of `serialized`. It is empty if `text` is damaged."""
        fields = QueryDict(mutable=True)
        try:
            data = json.loads(text)
            for name, values in data["fields"].items():
                fields.setlist(well_formed(name), [well_formed(value) for value in values])
            return cls(fields, [well_formed(name) for name in data["files"]])
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return cls(QueryDict(mutable=True))

    @property
    def serialized(self) -> str:
        """The input as JSON for a hidden field. Empty if the form would be too large to be submitted."""
        text = json.dumps({"fields": dict(self.fields.lists()), "files": self.files}, ensure_ascii=False)
        max_bytes = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) - SIGN_IN_BYTES
        return text if len(quote_plus(text)) < max_bytes else ""

    @property
    def is_action(self) -> bool:
        """Whether the form was an action on selected items of a list."""
        return "action" in self.fields and "_save" not in self.fields


def well_formed(value: object) -> str:
    """Return `value` as a text. Unpaired surrogates, which JSON can contain and UTF-8 cannot, are replaced."""
    return str(value).encode("utf-8", "replace").decode()


def as_get_request(request: HttpRequest) -> HttpRequest:
    """Turn `request` into a GET request without submitted data, for which no view writes anything."""
    request.method = request.META["REQUEST_METHOD"] = "GET"
    request.POST = QueryDict()
    request._files = MultiValueDict()  # type: ignore[attr-defined]  # request.FILES has no setter
    return request


def redisplay(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Call `view` with a GET request, with its forms bound to the submitted data."""
    submitted = UnsavedInput.from_request(request)
    set_unsaved_input(request, submitted if submitted.fields else None)
    return view(as_get_request(request))


def unsaved_input(request: HttpRequest) -> UnsavedInput | None:
    return getattr(request, "unsaved_input", None)


def set_unsaved_input(request: HttpRequest, value: UnsavedInput | None) -> None:
    request.unsaved_input = value  # type: ignore[attr-defined]  # an attribute of this module


def posted(request: HttpRequest) -> QueryDict:
    """Return the submitted fields of `request`, including unsaved input."""
    unsaved = unsaved_input(request)
    return unsaved.fields if unsaved else request.POST


def form_with_unsaved_input(form_class: Any, request: HttpRequest) -> Any:
    """Return a subclass of `form_class` that is bound to the unsaved input of `request`, without validation.

    Return `form_class` itself if there is no such input.
    """
    unsaved = unsaved_input(request)
    if unsaved is None or unsaved.is_action:
        return form_class
    fields = unsaved.fields

    class UnsavedForm(form_class):
        # The submitted base values, so that saving finds changes of others.
        base_values = fields.get(BASE_VALUES, "")

        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs | {"data": fields})
            self._errors = ErrorDict()
            if BASE_VALUES in self.fields:
                self.fields[BASE_VALUES].initial = self.base_values

    # The metaclass of model forms builds the fields again. Keep those of `form_class`, which may have been changed.
    UnsavedForm.base_fields = form_class.base_fields
    return UnsavedForm


def formset_with_unsaved_input(formset_class: Any, request: HttpRequest, queryset: QuerySet | None = None) -> Any:
    """Return a subclass of `formset_class` that is bound to the unsaved input of `request`, without validation.

    `queryset` replaces that of the formset. Return `formset_class` itself if there is no such input.
    """
    unsaved = unsaved_input(request)
    if unsaved is None or unsaved.is_action:
        return formset_class
    fields = unsaved.fields

    class UnsavedFormSet(formset_class):
        def __init__(self, *args: Any, **kwargs: Any):
            prefix = kwargs.get("prefix") or self.get_default_prefix()
            if f"{prefix}-TOTAL_FORMS" in fields:
                kwargs["data"] = fields
                if queryset is not None:
                    kwargs["queryset"] = queryset
            super().__init__(*args, **kwargs)
            self._errors, self._non_form_errors = [ErrorDict() for _form in self.forms], ErrorList()

        def base_values(self) -> str:
            return fields.get(f"{self.prefix}-{BASE_VALUES}", "") if self.is_bound else super().base_values()

        def _construct_form(self, i: int, **kwargs: Any) -> Any:
            form = super()._construct_form(i, **kwargs)
            if self.is_bound:
                form._errors = ErrorDict()
            return form

    return UnsavedFormSet


def stored_input_view(request: HttpRequest) -> HttpResponse:
    """Return or store the unsaved input of the user in the form at the parameter `path`, as JSON.

    Input without entries deletes what is stored.
    """
    form = str(request.GET.get("path", ""))
    own = StoredInput.objects.filter(user=request.user.pk, path=form)
    if request.method != "POST":
        stored = own.first()
        return JsonResponse(stored.data if stored else {"entries": []})
    try:
        data = json.loads(request.body)
        entries = data["entries"]
    except (ValueError, TypeError, KeyError):
        return HttpResponseBadRequest()
    if len(form) > MAX_PATH or not isinstance(entries, list):
        return HttpResponseBadRequest()
    if entries:
        StoredInput.objects.store(request.user, form, data)
    else:
        own.delete()
    return HttpResponse(status=204)


class UnsavedInputMixin(ModelAdmin):
    """Admin whose forms show the unsaved input of the request."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return form_with_unsaved_input(super().get_form(request, obj, change=change, **kwargs), request)

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield formset_with_unsaved_input(formset, request), inline

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = super().get_changelist_formset(request, **kwargs)
        key_name = re.compile(rf"{formset.get_default_prefix()}-\d+-{self.opts.pk.name}$")
        fields = posted(request)
        key_names = [name for name in fields if key_name.match(name)]
        keys = [key for name in key_names if primary_key(key := str(fields[name])) is not None]
        if unsaved_input(request):
            for name in key_names:
                if fields[name] not in keys:
                    fields[name] = ""
        # All submitted rows, even if they are now on another page of the list.
        return formset_with_unsaved_input(formset, request, self.get_queryset(request).filter(pk__in=keys))
