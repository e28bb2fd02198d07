"""The admin of what several people edit at once."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, router, transaction
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from editorial.conflicts import deletion_of, who_and_when
from editorial.forms import BASE_VALUES, EditForm, EditFormSet, EditFormSetMixin
from editorial.unsaved import PASSWORD, posted
from translations.status.locks import StaleReadError

# A save starts again when somebody writes the same rows between its reading and its writing.
ATTEMPTS = 5


def until_undisturbed(save: Callable[[], HttpResponse]) -> HttpResponse:
    """Call `save`, again from the start where somebody else wrote at the same moment."""
    for _attempt in range(ATTEMPTS - 1):
        try:
            return save()
        except (StaleReadError, IntegrityError):
            # It validates against what is stored now, and says so in the form.
            continue
    return save()


class ConflictMixin:
    """Saves of an item, or of a list, only what their user changed; see editorial.forms."""

    form = EditForm
    change_form_template = "editorial/change_form.html"

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        view = super().changeform_view
        return until_undisturbed(lambda: view(request, object_id, form_url, extra_context))

    def changelist_view(self, request, extra_context=None):
        view = super().changelist_view
        if request.method != "POST" or "_save" not in request.POST:
            return self.align(view(request, extra_context))

        def save():
            with transaction.atomic(using=router.db_for_write(self.model)):
                return view(request, extra_context)

        response = until_undisturbed(save)
        self.tell_of_missing_rows(request)
        return self.align(response)

    def align(self, response: HttpResponse) -> HttpResponse:
        """Put the rows of a list into the order of submitted forms: the list may be in another by now."""
        changelist = response.context_data.get("cl") if isinstance(response, TemplateResponse) else None
        if changelist and changelist.formset and changelist.formset.is_bound:
            listed = {item.pk: item for item in changelist.result_list}
            forms = changelist.formset.forms
            changelist.result_list = [listed.get(form.instance.pk, form.instance) for form in forms]
            changelist.add_states(changelist.result_list)
        return response

    def tell_of_missing_rows(self, request):
        keys = self._get_edited_object_pks(request, EditFormSet.get_default_prefix())
        keys = {int(key) for key in keys if key.isdecimal() and len(key) < 19}
        for key in sorted(keys - set(self.model._base_manager.filter(pk__in=keys).values_list("pk", flat=True))):
            messages.warning(request, deletion_message(self.model, key))

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, **{"form": EditForm} | kwargs)

    def get_changelist_formset(self, request, **kwargs):
        return super().get_changelist_formset(request, **{"formset": EditFormSet} | kwargs)

    def save_model(self, request, obj, form, change):
        if change:
            if not form.has_changed():
                return
            form.claim()
        super().save_model(request, obj, form, change)

    def log_change(self, request, obj, message):
        if message:
            return super().log_change(request, obj, message)
        return None

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.tell_of_gone_rows(request, formsets)

    def get_inline_formsets(self, request, formsets, inline_instances, obj=None):
        self.tell_of_gone_rows(request, formsets)
        return super().get_inline_formsets(request, formsets, inline_instances, obj)

    def tell_of_gone_rows(self, request, formsets):
        """Name the rows that are no longer there, with what the user had typed into them."""
        for formset in formsets:
            for form in formset.gone if isinstance(formset, EditFormSetMixin) else ():
                told = deletion_message(formset.model, form.gone_key, form.submitted_name)
                if typed := list(form.typed()):
                    told = format_html("{} {}{}", told, _("You had entered:"), typed_list(typed))
                messages.warning(request, told)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        if BASE_VALUES in posted(request):
            return self.deleted_view(request, object_id)
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)

    def deleted_view(self, request, object_id: str) -> TemplateResponse:
        """All that was typed into a form whose item was deleted meanwhile."""
        form = self.get_form(request, None, change=True)(data=posted(request), files=request.FILES)
        formsets, _inlines = self._create_formsets(request, self.model(), change=True)
        if isinstance(form, EditForm):
            typed = list(form.typed())
        else:
            # A form of Django's own, such as that of a staff account.
            names = {field.name: capfirst(field.verbose_name) for field in self.opts.fields}
            posted_fields = posted(request).items()
            typed = [(names[name], text) for name, text in posted_fields if name in names and not PASSWORD.match(name)]
        for formset in formsets:
            for row in (*formset.gone, *formset.extra_forms):
                kind = capfirst(formset.model._meta.verbose_name)
                typed += [(f"{kind}: {label}", text) for label, text in row.typed()]
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Already deleted"),
            "told": deletion_message(self.model, unquote(object_id), getattr(form, "submitted_name", "")),
            "typed": typed,
        }
        # No form shows it.
        request.unsaved_input = None
        return TemplateResponse(request, "editorial/deleted.html", context, status=410)


def deletion_message(model, key, name: str = "") -> str:
    """That a row of `model` is no longer there; who deleted it, where that is on record."""
    deletion = deletion_of(model, key)
    named = {"kind": model._meta.verbose_name, "name": deletion.object_repr if deletion else name or f"#{key}"}
    if deletion:
        return _("%(who)s deleted this on %(when)s: %(kind)s “%(name)s”.") % (named | who_and_when(deletion))
    return _("This was deleted or moved after you opened the form: %(kind)s “%(name)s”.") % named


def typed_list(typed: list[tuple[str, str]]) -> SafeString:
    return format_html('<dl class="typed">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", typed))
