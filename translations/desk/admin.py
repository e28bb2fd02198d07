"""The translators' desk in the admin: the list of texts, a text beside its source, and the glossary."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse, reverse_lazy
from django.utils import translation
from django.utils.html import format_html, strip_tags
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from js_asset import Media, Script

from editorial.admin import ContentAdmin, CountedChangeList, admin_page
from editorial.admin.conflicts import retry_on_conflict
from editorial.admin.folded_search import FoldedSearchMixin
from editorial.admin.revisions import recorded
from editorial.admin_urls import ITEM_ROW, page_url, text_url
from editorial.alphabet import fold
from editorial.models import Revision
from editorial.remarks import remarks_on
from editorial.revisions import restoring
from editorial.unsaved import form_with_unsaved_input, posted
from translations.desk import machine
from translations.desk.drafts import desk_keys, open_rows, unstored_row
from translations.desk.filters import KindFilter, LanguageFilter, StatusFilter
from translations.desk.forms import TranslationForm
from translations.desk.glossary import mark_terms
from translations.desk.memory import Suggestion, suggestions
from translations.desk.models import GlossaryTerm, TextQuerySet, TextToTranslate
from translations.desk.unstored import unstored_texts
from translations.status.fields import TARGET_LANGUAGES
from translations.status.permissions import (
    all_permitted_languages,
    needs_draft,
    own_language,
    permitted_models,
)
from triggers.locks import locked

FORM_MEDIA = Media(
    css={"all": ["translations/desk.css"]}, js=["editorial/rich-text.js", Script("translations/desk.js", type="module")]
)
# Maximum number of drafts per request, because the browser waits for the response.
MAX_DRAFTS = 50
# Buttons that change the draft of a translation and not the item.
ACTIONS_ON_TEXT = {"_draft", "_discard", "_machine"}
LIST_URL = reverse_lazy("admin:translations_texttotranslate_changelist")


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(ContentAdmin):
    list_display = ["term", "note"]
    list_filter = []
    search_fields = ["term", "note"]
    fieldsets = [(None, {"fields": ["term", "note"]})]


class TextChangeList(CountedChangeList):
    """Loads the headings of the items of a page of texts, and shows the texts that only drafts have before them."""

    def get_results(self, request):
        super().get_results(request)
        headings = TextToTranslate.objects.headings(self.result_list)
        rows = open_rows() if any(text.is_open_in_draft for text in self.result_list) else {}
        for text in self.result_list:
            text.heading = headings[text.model, text.object_id]
            if text.pk in rows:
                text.set_draft_values(rows[text.pk])
        self.add_unstored_texts(request)

    def add_unstored_texts(self, request):
        filters = [spec for spec in self.filter_specs if isinstance(spec, StatusFilter | LanguageFilter | KindFilter)]
        words = fold(self.query).split()
        new = [
            text
            for text in unstored_texts(request.user)
            if all(spec.includes(text) for spec in filters)
            and all(word in fold(f"{text.source_text} {text.target}") for word in words)
        ]
        self.result_count += len(new)
        if self.page_num == 1:
            self.result_list = [*new, *self.result_list]

    def url_for_result(self, result):
        return result.url_in_draft or super().url_for_result(result)


@admin.register(TextToTranslate)
class TextToTranslateAdmin(FoldedSearchMixin, admin.ModelAdmin):
    # The state is second, because a phone shows only the first columns.
    list_display = ["heading", "state", "kind_of_content", "source_beginning", "language_name", "words"]
    list_filter = [StatusFilter, LanguageFilter, KindFilter]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["source__text", "target"]
    sortable_by = []
    actions = None
    change_list_template = "translations/desk/text_list.html"

    @admin.display(description=_("text"))
    def heading(self, text) -> str:
        return f"{text.heading}: {text.field_label}"

    @admin.display(description=_("kind of content"))
    def kind_of_content(self, text) -> str:
        return capfirst(text.kind)

    @admin.display(description=_("source text"))
    def source_beginning(self, text) -> str:
        return Truncator(strip_tags(text.source_text)).chars(80)

    @admin.display(description=_("language"))
    def language_name(self, text) -> str:
        return text.language_name

    @admin.display(description=_("status"))
    def state(self, text) -> str:
        state = text.get_status_display()
        if text.url_in_draft:
            return f"{state}; {_('only in a draft of the item')}"
        return f"{state}; {_('changed in a draft of the item')}" if text.is_open_in_draft else state

    def get_queryset(self, request):
        texts = TextToTranslate.objects.readable_by(request.user)
        return texts.select_related("source", "translated_from")

    def get_changelist(self, request, **kwargs):
        return TextChangeList

    # A user with permission for any model and language sees the texts of all languages, see `may_be_written_by`.
    def has_view_permission(self, request, obj=None):
        return bool(permitted_models(request.user))

    has_change_permission = has_module_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        propose = self.admin_site.admin_view(self.propose_view)
        draft_text = self.admin_site.admin_view(self.draft_text_view)
        place = "in-draft/<str:app_label>/<str:kind>/<int:key>/<str:row>/<str:column>/"
        return [
            path("propose/", propose, name="translations_texttotranslate_propose"),
            path(place, draft_text, name="translations_texttotranslate_in_draft"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        language = request.GET.get("language") or own_language(request.user)
        language = language if language in TARGET_LANGUAGES else None
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "service": machine.configured_service(),
            "language": language,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def propose_view(self, request):
        """Let the service draft the first open texts of a language that the user may write."""
        language, service = request.POST.get("language"), machine.configured_service()
        if request.method != "POST" or language not in TARGET_LANGUAGES or service is None:
            raise PermissionDenied
        if language not in all_permitted_languages(request.user):
            raise PermissionDenied
        texts = TextToTranslate.objects.writable_by(request.user, language).without_draft()
        drafted = 0
        try:
            for batch in machine.propose(service, texts.select_related("source")[:MAX_DRAFTS]):
                drafted += len(batch)
        except machine.MachineTranslationError as error:
            self.message_user(request, str(error), messages.ERROR)
        left = texts.count()
        self.message_user(
            request,
            ngettext("%(count)s draft was made.", "%(count)s drafts were made.", drafted) % {"count": drafted}
            + " "
            + ngettext("%(count)s text still has no draft.", "%(count)s texts still have no draft.", left)
            % {"count": left},
        )
        query = urlencode({"language": language, "status": TextToTranslate.Status.DRAFT})
        return HttpResponseRedirect(f"{LIST_URL}?{query}")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One text beside its source."""
        if request.method != "POST":
            return self.item_view(request, object_id)

        def view() -> HttpResponse:
            # One transaction from reading the draft to storing the next one, so that no save overwrites another.
            with transaction.atomic():
                if text := self.get_object(request, object_id):
                    locked(type(text.item.owner), text.item.owner.pk)
                return self.item_view(request, object_id)

        return retry_on_conflict(view)

    def item_view(self, request, object_id: str) -> HttpResponse:
        """Show or save a text, in the draft of its item if there is one or if the user may not publish it."""
        text = self.get_object(request, object_id)
        item_draft = Revision.objects.draft_beside(text.item) if text else None
        is_post = request.method == "POST"
        if (
            text
            and ACTIONS_ON_TEXT.isdisjoint(request.POST)
            and (item_draft or (is_post and needs_draft(request.user, text.item, text.language)))
        ):
            return self.view_in_draft(request, lambda: object_id, item_draft)
        with recorded(request):
            return self.text_view(request, object_id)

    def draft_text_view(self, request, app_label: str, kind: str, key: int, row: str, column: str) -> HttpResponse:
        """A text that only the draft of an item has. When the draft is published, the text is stored."""
        if not ACTIONS_ON_TEXT.isdisjoint(request.POST):
            raise PermissionDenied
        row = "" if row == ITEM_ROW else row
        revisions = Revision.objects.filter(
            content_type__app_label=app_label, content_type__model=kind, object_id=key
        ).select_related("base", "author", "content_type")

        def key_in(revision: Revision | None) -> str:
            # Of no text if the part was deleted.
            missing = f"{row}.{column}"
            return str(desk_keys([revision]).get((revision.pk, row, column), missing)) if revision else missing

        def view() -> HttpResponse:
            with transaction.atomic():
                if draft := revisions.beside_live().first():
                    return self.view_in_draft(request, lambda: key_in(draft), draft)
            # Published or discarded meanwhile.
            return self.change_view(request, key_in(revisions.live().first()))

        return retry_on_conflict(view)

    def view_in_draft(self, request, find: Callable[[], str], item_draft: Revision | None) -> HttpResponse:
        """Show or save a text in the draft of its item, which need not have one yet. It goes live with the draft.

        `find` returns the primary key of the text while the stored rows are those of the draft.
        """
        saved = None
        with transaction.atomic():
            if item_draft:
                restoring.write_draft(item_draft)
            object_id = find()
            text = self.get_object(request, object_id)
            response = self.text_view(request, object_id, item_draft)
            if isinstance(response, TemplateResponse):
                # The template reads the rows of the draft.
                response.render()
            elif request.method == "POST" and text:
                item, field = text.item, text.localized_field
                saved = type(item)._base_manager.values_list(field, flat=True).get(pk=item.pk)
            transaction.set_rollback(True)
        if saved is not None:
            Revision.objects.save_text(item_draft, item, field, saved)
            note = _("The draft of “{}” is saved. Visitors see the published text until somebody publishes the draft.")
            self.message_user(request, format_html(str(note), item.owner), messages.INFO)
        return response

    def text_view(self, request, object_id: str, item_draft: Revision | None = None) -> HttpResponse:
        text = self.get_object(request, object_id)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if text is None:
            return self.deleted_response(request, object_id)
        may_write = text.may_be_written_by(request.user)
        if request.method == "POST" and not may_write:
            raise PermissionDenied
        similar = suggestions(text)
        form: BaseForm | None
        if request.method == "POST":
            form = self.process_post(request, text, similar, item_draft)
            if form is None:
                if "_next" in request.POST:
                    return HttpResponseRedirect(self.next_url(request, text, item_draft))
                return HttpResponseRedirect(request.get_full_path())
        else:
            form = form_with_unsaved_input(TranslationForm, request)(text)
        return self.render_text(request, text, form, similar, may_write, item_draft)

    def deleted_response(self, request, object_id: str) -> HttpResponse:
        """The response for a text that was deleted with its item; it shows the unsaved input."""
        typed = posted(request).get("text")
        if not typed:
            return super().change_view(request, object_id)
        context = {
            "title": _("Already deleted"),
            "message": _("The item of this text was deleted after you opened the page."),
            "changes": [(capfirst(self.opts.verbose_name), typed)],
        }
        return admin_page(self, request, "editorial/deleted.html", context, status=410)

    def process_post(
        self, request, text: TextToTranslate, similar: list[Suggestion], item_draft: Revision | None
    ) -> TranslationForm | None:
        """Perform the action of the pressed button. Returns the form if it must be shown again."""
        data, service = request.POST, machine.configured_service()
        if "_machine" in data and service is None:
            # The form does not check a text that is not to be saved.
            raise PermissionDenied
        proposals = {str(number): suggestion.target for number, suggestion in enumerate(similar)}
        proposals["earlier"] = text.earlier_target
        if proposal := proposals.get(data.get("_use")):
            return TranslationForm(text, proposal=proposal)
        form = TranslationForm(text, data)
        if not form.is_valid():
            return form
        translated = form.cleaned_data["text"]
        if "_discard" in data:
            text.propose("")
            self.message_user(request, _("The draft was discarded."), messages.SUCCESS)
            return None
        if "_draft" in data:
            text.propose(translated)
            message = _("Saved as a draft. Visitors do not see it until somebody saves the text.")
            self.message_user(request, message, messages.SUCCESS)
            return None
        if "_machine" in data and service:
            try:
                list(machine.propose(service, [text]))
            except machine.MachineTranslationError as error:
                self.message_user(request, str(error), messages.ERROR)
                return TranslationForm(text, proposal=translated)
            return None
        try:
            text.write(translated)
        except ValidationError as error:
            form.add_error("text", error.messages)
            return form
        # The history stores field names in English, as the admin form of the item does.
        with translation.override(None):
            changed = [{"changed": {"fields": [capfirst(str(text.target_field.verbose_name))]}}]
        LogEntry.objects.log_actions(request.user.pk, [text.item], CHANGE, change_message=changed, single_object=True)
        link = format_html('<a href="{}">{}</a>', self.text_url(request, text, item_draft), text)
        self.message_user(request, format_html(str(_("Saved: {}.")), link), messages.SUCCESS)
        for remark in remarks_on([text.item]):
            self.message_user(request, remark, messages.WARNING)
        return None

    def filtered_texts(self, request) -> TextQuerySet:
        """The texts of the list from which the text was opened."""
        filters = QueryDict(request.GET.get("_changelist_filters", ""))
        status = filters.get("status") or StatusFilter.OPEN
        texts = TextToTranslate.objects.readable_by(request.user).with_status(status)
        return texts.of_kind(filters["kind"]) if filters.get("kind") else texts

    def text_url(self, request, text: TextToTranslate, item_draft: Revision | None) -> str:
        """The URL of the page of a text, which only `item_draft` may have."""
        query = urlencode({"_changelist_filters": request.GET.get("_changelist_filters", "")})
        url = reverse("admin:translations_texttotranslate_change", args=[quote(text.pk)])
        if item_draft and (row := unstored_row(item_draft, text)) is not None:
            url = text_url(item_draft.model_class, item_draft.object_id, row, text.localized_field)
        return f"{url}?{query}"

    def list_url(self, request) -> str:
        return f"{LIST_URL}?{request.GET.get('_changelist_filters', '')}"

    def next_url(self, request, text: TextToTranslate, item_draft: Revision | None) -> str:
        """The URL of the next text of the list, else of its first text, else of the list."""
        texts = self.filtered_texts(request)
        following = text.neighbour(texts) or texts.into(text.language).exclude(pk=text.pk).first()
        return self.text_url(request, following, item_draft) if following else self.list_url(request)

    def render_text(
        self,
        request,
        text: TextToTranslate,
        form: BaseForm,
        similar: list[Suggestion],
        may_write: bool,
        item_draft: Revision | None,
    ) -> TemplateResponse:
        source, terms = mark_terms(text.source_text, text.language, is_html=text.is_rich_text)
        texts = self.filtered_texts(request)
        neighbours = {"previous": text.neighbour(texts, backwards=True), "following": text.neighbour(texts)}
        context = {
            "title": str(text),
            "text": text,
            "form": form,
            # The rich text editor prints an import map, an inline script that needs a nonce.
            "media": Media.from_media(form.media + FORM_MEDIA, nonce=request.csp_nonce),
            "source": source,
            # Rich text is sanitised before it is stored.
            "on_site": mark_safe(text.target) if text.is_rich_text else text.target,  # noqa: S308
            "changes": text.source_changes if text.source != text.translated_from else "",
            "terms": terms,
            "suggestions": similar,
            "may_write": may_write,
            "item_draft": item_draft,
            "is_item_draft": text.item.has_drafts and not text.item.owner.is_published,
            "is_stored": unstored_row(item_draft, text) is None,
            "service": machine.configured_service(),
            "list_url": self.list_url(request),
            "history_url": page_url(type(text.item.owner), "history", text.item.owner.pk),
            "left": texts.into(text.language).count(),
            "source_language": settings.LANGUAGE_CODE,
        }
        for name, neighbour in neighbours.items():
            context[name] = self.text_url(request, neighbour, item_draft) if neighbour else None
        return admin_page(self, request, "translations/desk/text.html", context)
