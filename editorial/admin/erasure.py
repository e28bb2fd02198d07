"""Erasing of personal data in the admin: the search for a person, the choice of fields, and the record."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from editorial.admin.changelists import CountedMixin
from editorial.admin.history import HistoryMixin
from editorial.admin.pages import admin_page
from editorial.admin.permissions import ReadOnlyMixin
from editorial.admin_urls import page_url, primary_key
from editorial.models import Content, ContentErasure, Revision
from editorial.revisions import erasing
from editorial.revisions.differences import row_title
from editorial.revisions.erasing import ErasedField

PERMISSION = "editorial.erase_revision"
# Different texts of a field that the page shows, and their characters.
MAX_TEXTS = 5
MAX_CHARACTERS = 150
MAX_FOUND = 100
CONFIRMED = "confirmed"


@dataclass
class ErasableField:
    """A field as the page shows it."""

    erased: ErasedField
    label: str
    texts: list[str]
    is_file: bool
    needs_replacement: bool
    is_chosen: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.erased.row}:{self.erased.name}"

    @property
    def replacement_name(self) -> str:
        return f"replacement:{self.id}"

    @property
    def shown_texts(self) -> list[str]:
        if self.is_file:
            return [name.rpartition("/")[2] for name in self.texts[:MAX_TEXTS]]
        return [Truncator(strip_tags(text)).chars(MAX_CHARACTERS) for text in self.texts[:MAX_TEXTS]]

    @property
    def number_of_others(self) -> int:
        return len(self.texts[MAX_TEXTS:])


@dataclass(frozen=True)
class ErasableRow:
    title: str
    fields: list[ErasableField]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=ContentErasure._meta.get_field("reason").max_length,
        help_text=gettext_lazy("It is kept permanently. Do not enter the data itself, such as the name of the person."),
        error_messages={"required": gettext_lazy("Enter a reason, such as: request of the person, 12 May.")},
    )


class ErasureMixin(HistoryMixin):
    """Admin with a page that erases personal data from an item, which may be in the bin."""

    def get_urls(self) -> list[URLPattern]:
        return [self.object_path("erase", self.erase_view), *super().get_urls()]

    def render_history_page(
        self, request: HttpRequest, name: str, item: Content | None, context: dict[str, Any]
    ) -> TemplateResponse:
        if name == "history" and self.may_erase(request, item):
            context = {"erase_url": self.admin_url("erase", context["object_id"])} | context
        return super().render_history_page(request, name, item, context)

    def may_erase(self, request: HttpRequest, item: Content | None) -> bool:
        """Whether the user may erase personal data from `item`, or from an item in the bin.

        Emptied fields and replacement texts are on the site at once. The admin of items that only some members of staff
        change overrides it.
        """
        return has_erase_permission(request)

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose fields, confirm the choice, and erase them."""
        key = primary_key(unquote(object_id))
        item = latest = None
        if key is not None:
            item = self.model._base_manager.filter(pk=key).first()
            latest = Revision.objects.of_key(self.model, key).first()
        if not self.may_erase(request, item):
            raise PermissionDenied
        if key is None or latest is None:
            raise Http404(object_id)
        rows = erasable_rows(self.model, key, latest.data)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        errors: list[str] = []
        is_confirmation = False
        if request.method == "POST":
            chosen = read_choice(request, self.model, rows)
            if not chosen:
                errors.append(_("Tick at least one field."))
            if form.is_valid() and chosen and not any(each.errors for each in chosen):
                reason = form.cleaned_data["reason"]
                is_confirmation = check_wording(form, chosen)
                if is_confirmation and CONFIRMED in request.POST:
                    try:
                        return self.erase(request, key, [each.erased for each in chosen], reason)
                    except IntegrityError:
                        errors.append(
                            _("Nothing was erased: another item has one of the replacement texts. Change it.")
                        )
                        is_confirmation = False
        context = {
            "title": _("Erase personal data"),
            "heading": latest.heading,
            "rows": rows,
            "form": form,
            "errors": errors,
            "is_confirmation": is_confirmation,
            "chosen": [each for row in rows for each in row.fields if each.is_chosen],
            "is_evidence": not self.model.has_drafts,
        }
        return admin_page(self, request, "editorial/erase.html", context)

    def erase(self, request: HttpRequest, key: int, fields: list[ErasedField], reason: str) -> HttpResponse:
        erasure = ContentErasure.objects.erase(self.model, key, fields, reason, request.user.get_username())
        if item := self.model._base_manager.filter(pk=key).first():
            self.log_change(request, item, _("Personal data erased: %(fields)s.") % {"fields": erasure.labels})
        messages.success(request, _("Erased: {}.").format(erasure.labels))
        if self.has_view_or_change_permission(request):
            return HttpResponseRedirect(self.admin_url("history", key))
        return HttpResponseRedirect(reverse("admin:editorial_contenterasure_changelist"))


def has_erase_permission(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def erasable_rows(model: type[Content], key: int, data: dict[str, Any]) -> list[ErasableRow]:
    """Return the item and its parts with the fields that have a text in any revision."""
    rows = []
    for row, fields in erasing.erasable(model, key).items():
        row_model = erasing.model_of_row(model, row)
        shown = [
            ErasableField(
                ErasedField(row, name),
                erasing.field_name(row_model, name),
                texts,
                is_file=erasing.is_file(row_model, name),
                needs_replacement=erasing.needs_replacement(row_model, name),
            )
            for name, texts in fields.items()
        ]
        rows.append(ErasableRow(row_title(row_model, row, data.get(row, {})), shown))
    return rows


def read_choice(request: HttpRequest, model: type[Content], rows: list[ErasableRow]) -> list[ErasableField]:
    """Mark the fields that the user ticked, with their replacements, and return them."""
    ticked = request.POST.getlist("fields")
    chosen = []
    for each in (each for row in rows for each in row.fields):
        replacement = request.POST.get(each.replacement_name, "").strip()
        each.erased = ErasedField(each.erased.row, each.erased.name, replacement if each.needs_replacement else "")
        each.is_chosen = each.id in ticked
        if not each.is_chosen:
            continue
        chosen.append(each)
        row_model = erasing.model_of_row(model, each.erased.row)
        if each.needs_replacement and row_model:
            try:
                erasing.clean_replacement(row_model, each.erased.name, replacement)
            except ValidationError as error:
                each.errors = list(error.messages)
    return chosen


def check_wording(form: ReasonForm, chosen: list[ErasableField]) -> bool:
    """Add an error if the reason or a replacement contains a text that is erased. Return whether there is none."""
    texts = {text for each in chosen if not each.is_file for text in each.texts}
    if erasing.without(form.cleaned_data["reason"], texts) != form.cleaned_data["reason"]:
        form.add_error("reason", _("The reason contains a text that you erase. Describe it without the data."))
    for each in chosen:
        if erasing.without(each.erased.replacement, texts) != each.erased.replacement:
            each.errors.append(_("The replacement contains a text that you erase. Enter another one."))
    return form.is_valid() and not any(each.errors for each in chosen)


class SearchForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Name, e-mail address or another text"),
        min_length=3,
        max_length=100,
        error_messages={"required": gettext_lazy("Enter a text to search for.")},
    )


@admin.register(ContentErasure)
class ContentErasureAdmin(ReadOnlyMixin, CountedMixin, ModelAdmin):
    """The record of erasures, and the search for the items that name a person."""

    list_display = ["erased_at", "shown_kind", "shown_fields", "staff", "reason"]
    list_display_links = None
    list_per_page = 50
    sortable_by = []
    actions = None
    change_list_template = "editorial/erasure_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.find_view)
        return [path("find/", view, name="editorial_contenterasure_find"), *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_erase_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_erase_permission(request)

    @admin.display(description=gettext_lazy("kind"))
    def shown_kind(self, erasure: ContentErasure) -> str:
        return f"{erasure.kind} {erasure.object_id}"

    @admin.display(description=gettext_lazy("fields"))
    def shown_fields(self, erasure: ContentErasure) -> str:
        return erasure.labels

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Find the items of all kinds that contain a text, also in earlier revisions and in the bin.

        The text is posted, so that no log and no browser history keeps it.
        """
        if not has_erase_permission(request):
            raise PermissionDenied
        form = SearchForm(request.POST if request.method == "POST" else None)
        found = None
        if form.is_valid():
            found = found_items(request, erasing.items_naming(form.cleaned_data["text"], MAX_FOUND))
        context = {
            "title": _("Find personal data"),
            "form": form,
            "found": found,
            "is_cut": found is not None and len(found) == MAX_FOUND,
        }
        return admin_page(self, request, "editorial/find_personal_data.html", context)


def found_items(request: HttpRequest, revisions: list[Revision]) -> list[dict[str, Any]]:
    """Return the kind, name and URL of the items of these revisions, for the template. Takes a query for each kind.

    The URL is empty if the user may not erase data from the item.
    """
    keys: dict[type[Content], list[int]] = {}
    for revision in revisions:
        keys.setdefault(revision.model_class, []).append(revision.object_id)
    live = {model: model._base_manager.in_bulk(numbers) for model, numbers in keys.items()}
    found = []
    for revision in revisions:
        model_admin = admin.site._registry.get(revision.model_class)
        may_erase = isinstance(model_admin, ErasureMixin) and model_admin.may_erase(
            request, live[revision.model_class].get(revision.object_id)
        )
        found.append(
            {
                "kind": revision.model_class._meta.verbose_name,
                "heading": revision.heading,
                "url": page_url(revision.model_class, "erase", revision.object_id) if may_erase else "",
                "is_deleted": revision.state == Revision.State.DELETED,
            }
        )
    return found
