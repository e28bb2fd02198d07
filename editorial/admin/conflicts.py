"""Admin of items that several people may edit at the same time."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, models, router, transaction
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from editorial.admin.pages import admin_page
from editorial.admin_urls import primary_key
from editorial.base_values import BASE_VALUES
from editorial.conflicts import author_and_time, last_deletion
from editorial.forms import EditForm
from editorial.formsets import EditFormSet
from editorial.unsaved import PASSWORD, posted, set_unsaved_input
from triggers.locks import StaleReadError

# Attempts to save while other transactions write the same rows.
MAX_ATTEMPTS = 5


def retry_on_conflict(save: Callable[[], HttpResponse]) -> HttpResponse:
    """Call `save`, and call it again if somebody else wrote the same rows at the same time.

    Raises StaleReadError or IntegrityError if the last attempt fails.
    """
    for _attempt in range(MAX_ATTEMPTS - 1):
        try:
            return save()
        except (StaleReadError, IntegrityError):
            # The next attempt validates against the values that are stored now.
            continue
    return save()


class ConflictMixin(ModelAdmin):
    """Admin whose forms and lists write only what their user changed. See editorial.forms."""

    form = EditForm
    change_form_template = "editorial/change_form.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return retry_on_conflict(lambda: view(request, object_id, form_url, extra_context))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        view = super().changelist_view
        if request.method != "POST" or "_save" not in request.POST:
            return self.sort_rows(view(request, extra_context))

        def save() -> HttpResponse:
            with transaction.atomic(using=router.db_for_write(self.model)):
                return view(request, extra_context)

        response = retry_on_conflict(save)
        self.warn_about_deleted_rows(request)
        return self.sort_rows(response)

    def sort_rows(self, response: HttpResponse) -> HttpResponse:
        """Sort the rows of a list like its submitted forms, because the order of the list may have changed."""
        context = response.context_data if isinstance(response, TemplateResponse) else None
        changelist = context.get("cl") if context else None
        if changelist and changelist.formset and changelist.formset.is_bound:
            listed = {item.pk: item for item in changelist.result_list}
            forms = changelist.formset.forms
            changelist.result_list = [listed.get(form.instance.pk, form.instance) for form in forms]
            changelist.add_states(changelist.result_list)
        return response

    def warn_about_deleted_rows(self, request: HttpRequest) -> None:
        """Name the submitted rows of a list that were deleted meanwhile."""
        submitted = self._get_edited_object_pks(request, EditFormSet.get_default_prefix())
        keys = {key for text in submitted if (key := primary_key(text)) is not None}
        for key in sorted(keys - set(self.model._base_manager.filter(pk__in=keys).values_list("pk", flat=True))):
            messages.warning(request, deletion_message(self.model, key))

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": EditForm} | kwargs)

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **{"formset": EditFormSet} | kwargs)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        if change:
            if not form.has_changed():
                return
            form.lock()
        super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """Log a change, unless nothing was changed."""
        return super().log_change(request, obj, message) if message else None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.warn_about_deleted_inlines(request, formsets)

    def get_inline_formsets(
        self, request: HttpRequest, formsets: Any, inline_instances: Any, obj: models.Model | None = None
    ) -> list:
        self.warn_about_deleted_inlines(request, formsets)
        return super().get_inline_formsets(request, formsets, inline_instances, obj)

    def warn_about_deleted_inlines(self, request: HttpRequest, formsets: Iterable[Any]) -> None:
        """Name the rows of a form that were deleted meanwhile, with the changes that the user submitted."""
        for formset in formsets:
            for key, form in formset.deleted_rows if isinstance(formset, EditFormSet) else ():
                message = deletion_message(formset.model, key, form.submitted_name)
                if changes := list(form.submitted_changes()):
                    message = format_html("{} {}{}", message, _("You had entered:"), changes_list(changes))
                messages.warning(request, message)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Options, object_id: str) -> HttpResponse:
        if BASE_VALUES in posted(request):
            return self.deleted_view(request, object_id)
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]  # private in Django

    def deleted_view(self, request: HttpRequest, object_id: str) -> TemplateResponse:
        """Show the changes that were submitted for an item that was deleted meanwhile."""
        form = self.get_form(request, None, change=True)(data=posted(request), files=request.FILES)
        create_formsets = self._create_formsets  # type: ignore[attr-defined]  # private in Django
        formsets, _inlines = create_formsets(request, self.model(), change=True)
        if isinstance(form, EditForm):
            changes = list(form.submitted_changes())
        else:
            # A form of Django, such as that for adding a group.
            names = {field.name: capfirst(field.verbose_name) for field in self.opts.fields}
            shown = (name for name in names if name in posted(request) and not PASSWORD.match(name))
            changes = [(str(names[name]), str(posted(request)[name])) for name in shown]
        for formset in formsets:
            kind = capfirst(formset.model._meta.verbose_name)
            for row in (*(form for _key, form in formset.deleted_rows), *formset.extra_forms):
                changes += [(f"{kind}: {label}", text) for label, text in row.submitted_changes()]
        context = {
            "title": _("Already deleted"),
            "message": deletion_message(self.model, unquote(object_id), getattr(form, "submitted_name", "")),
            "changes": changes,
        }
        # The page has no form to show the input in.
        set_unsaved_input(request, None)
        return admin_page(self, request, "editorial/deleted.html", context, status=410)


def deletion_message(model: type[models.Model], key: Any, name: str = "") -> str:
    """Return the message that an item was deleted. It contains the author and time if they are in the history."""
    deletion = last_deletion(model, key)
    item = {"kind": model._meta.verbose_name, "name": deletion.object_repr if deletion else name or f"#{key}"}
    if deletion:
        return _("%(who)s deleted this on %(when)s: %(kind)s “%(name)s”.") % (item | author_and_time(deletion))
    return _("This was deleted or moved after you opened the form: %(kind)s “%(name)s”.") % item


def changes_list(changes: list[tuple[str, str]]) -> SafeString:
    return format_html('<dl class="submitted-changes">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", changes))
