"""Admin classes for content: language tabs, publishing, states of translations."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db import models
from django.forms import CheckboxSelectMultiple, DateInput, Script, Textarea, TimeInput
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from modeltranslation.utils import build_localized_fieldname

from editorial import searching
from editorial.admin.approval import ApprovalMixin
from editorial.admin.changelists import ContentChangeList, CountedMixin
from editorial.admin.choices import ChoicesMixin
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.erasure import ErasureMixin
from editorial.admin.lists import ListsMixin
from editorial.admin.permissions import PermissionsMixin, localized_fields
from editorial.admin.previews import PreviewMixin
from editorial.admin.schedule import ScheduleMixin
from editorial.admin_urls import text_url
from editorial.forms import EditForm
from editorial.formsets import EditInlineFormSet
from editorial.models import Content
from editorial.remarks import remarks_on
from editorial.revisions import snapshots
from translations.status.fields import TARGET_LANGUAGES
from translations.status.models import Translation

FORM_MEDIA = Media(
    css={"all": ["editorial/admin.css"]},
    # Before the first paint, because the form has only one language after it.
    js=["editorial/rich-text.js", Script("editorial/language-tabs.js", type="module", blocking="render")],
)


class ContentAdmin(
    ErasureMixin,
    PreviewMixin,
    ScheduleMixin,
    ApprovalMixin,
    ConflictMixin,
    ChoicesMixin,
    CountedMixin,
    ListsMixin,
    TranslationAdmin,
):
    """Admin of one kind of content. The form has all languages and shows the states of the translations."""

    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"widget": Textarea(attrs={"rows": 4, "class": "vLargeTextField"})},
        models.ManyToManyField: {"widget": CheckboxSelectMultiple},
        # Those of browsers work with the keyboard. Django's also show the difference from the time of the server.
        models.DateField: {"widget": DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
        models.TimeField: {"widget": TimeInput(attrs={"type": "time"}, format="%H:%M")},
    }
    list_filter = ["is_published"]
    save_on_top = True
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ContentChangeList

    def get_list_display(self, request: HttpRequest) -> list:
        shown = [*super().get_list_display(request), "translation_state"]
        return [*shown, "draft_state"] if self.model.has_drafts else shown

    @admin.display(description=_("draft"))
    def draft_state(self, item: Any) -> str:
        """Column with the state of the open draft and its author."""
        draft = item.open_draft
        return f"{draft.get_state_display()} ({draft.author_name})" if draft else "–"

    @admin.display(description=_("translations"))
    def translation_state(self, item: Any) -> SafeString | str:
        """Column with the state of each language."""
        states = [(code, item.translation_states[code]) for code in TARGET_LANGUAGES if code in item.translation_states]
        state_html = (
            '<span class="state state-{1}" title="{2}: {3}">{0}<span class="visually-hidden"> {3}</span></span>'
        )
        rows = ((code, state, settings.CONTENT_LANGUAGES[code], state.label) for code, state in states)
        return format_html('<span class="states">{}</span>', format_html_join(" ", state_html, rows)) if states else "–"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the search fields, with each translated field in all languages."""
        expanded: list[str] = []
        for name in self.search_fields:
            field = get_fields_from_path(self.model, name)[-1]
            source = build_localized_fieldname(field.name, settings.LANGUAGE_CODE)
            is_translated = source in localized_fields(field.model, [settings.LANGUAGE_CODE])
            codes = settings.CONTENT_LANGUAGES if is_translated else [None]
            expanded += [build_localized_fieldname(name, code) if code else name for code in codes]
        return expanded

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search as visitors do. The best matches come first, unless the user sorts the list."""
        fields = self.get_search_fields(request)
        if not fields or not search_term.strip():
            return queryset, False
        is_ranked = ORDER_VAR not in request.GET
        for search in searching.registered:
            queryset = search(queryset, search_term, fields, is_ranked)
        return queryset, False

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Return the URL of the public page, or None if there is none or the item is not published."""
        if obj is None or not obj.is_published or not hasattr(obj, "get_absolute_url"):
            return None
        return obj.get_absolute_url()

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        # A list has form fields only for its editable columns.
        return super().get_changelist_form(request, fields=self.list_editable, **kwargs)

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = super().get_changelist_formset(request, **kwargs)
        for field in formset.form.base_fields.values():
            # A field in a list has a column heading but no label.
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return formset

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        # A list has no drafts: its editable columns change live items.
        may_publish = self.has_content_permission(request, "publish") or not self.model.has_drafts
        if self.can_only_translate(request) or not may_publish:
            changelist.list_editable = ()
        return changelist

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        self.unpublish_new(request, obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        inlines = {inline.model: inline for inline in self.get_inline_instances(request, form.instance)}
        for row in formset.extra_forms:
            if isinstance(inline := inlines[formset.model], PermissionsMixin):
                inline.unpublish_new(request, row.instance)
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        forms = [form, *(row for formset in formsets for row in formset.forms)]
        self.show_findings(request, forms)
        saved = [row.instance for row in forms if row.instance.pk and isinstance(row.instance, Content)]
        for remark in remarks_on(saved):
            messages.warning(request, remark)

    def show_findings(self, request: HttpRequest, forms: Iterable[Any]) -> None:
        """Show warnings about the translations that were changed in `forms`."""
        changed_forms = {
            (form.instance._meta.label_lower, form.instance.pk): form
            for form in forms
            if form.instance.pk
            and not localized_fields(form._meta.model, TARGET_LANGUAGES).isdisjoint(form.changed_data)
        }
        if not changed_forms:
            return
        texts = Translation.objects.of_items([form.instance for form in changed_forms.values()])
        for text in texts.select_related("source").order_by("pk"):
            form = changed_forms[text.model, text.object_id]
            if text.localized_field in form.changed_data and (findings := text.findings):
                warning = format_html(
                    '<b>{}: {} ({})</b> {} <a href="{}">{}</a>',
                    form.instance,
                    capfirst(text.field_label),
                    settings.CONTENT_LANGUAGES[text.language],
                    " ".join(finding.message for finding in findings),
                    desk_url(text, form.instance),
                    _("Compare with the source"),
                )
                messages.warning(request, warning)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        # The import map of the rich text editor is an inline script, which needs the nonce.
        context["media"] = Media.from_media(context["media"] + FORM_MEDIA, nonce=request.csp_nonce)
        # The form shows a new item as it will be saved.
        self.unpublish_new(request, context["adminform"].form.instance)
        self.show_states(context)
        return super().render_change_form(request, context, *args, **kwargs)

    def show_states(self, context: dict[str, Any]) -> None:
        """Add the states of all languages to the context, and the changes of the source to each stale text."""
        formsets = [shown.formset for shown in context["inline_admin_formsets"]]
        forms = [context["adminform"].form, *(form for formset in formsets for form in formset.initial_forms)]
        saved = {(form.instance._meta.label_lower, form.instance.pk): form for form in forms if form.instance.pk}
        texts = Translation.objects.of_items([form.instance for form in saved.values()])
        context["translation_states"] = texts.statuses_by_language()
        changes = {}
        for text in texts.filter(status=Translation.Status.STALE).select_related("source", "translated_from"):
            field = saved[text.model, text.object_id].fields.get(text.localized_field)
            if field is None:
                continue
            # Compare each pair of source texts once, not once for each language.
            wordings = (text.translated_from_id, text.source_id)
            if wordings not in changes:
                changes[wordings] = text.source_changes
            field.help_text = format_html(
                '{}<span class="source-changes"><b>{}</b> <span lang="{}">{}</span></span>',
                field.help_text,
                _("The source has changed since:"),
                settings.LANGUAGE_CODE,
                changes[wordings],
            )


class SingletonContentAdmin(ContentAdmin):
    """Admin of a kind of content with exactly one item."""

    list_filter = []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        # “add” is always False: has_add_permission would take a query on each page of the admin.
        return {
            "add": False,
            "change": self.has_change_permission(request),
            "delete": False,
            "view": self.has_view_permission(request),
        }


class ContentInline(PermissionsMixin, ChoicesMixin, TranslationStackedInline):
    """Content that is edited in the form of the item it belongs to."""

    form = EditForm
    formset = EditInlineFormSet
    extra = 0
    show_change_link = False
    formfield_overrides = ContentAdmin.formfield_overrides


def thumbnail(field: str, description: Any) -> Callable[[Any, Any], SafeString | str]:
    """Return a column for a list that shows the picture in `field`."""

    @admin.display(description=description)
    def column(model_admin: Any, item: Any) -> SafeString | str:
        picture = getattr(item, field)
        if not picture:
            return str(_("none"))
        return format_html('<img class="thumbnail" src="{}" alt="">', picture.url)

    return column


def desk_url(text: Translation, item: Content) -> str:
    """Return the URL on the translators' desk of a text of `item`, which may be a part that only a draft has."""
    row, owner = snapshots.row_of(item), item.owner
    is_part = row != snapshots.ITEM
    return text_url(type(owner), owner.pk, row, text.localized_field) if is_part else text.desk_url
