"""The translators' desk within the admin: the list of texts, one text beside its source, and the glossary."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from js_asset import Media, Script

from editorial.admin import ContentAdmin, CountedChangeList
from editorial.admin.conflicts import retry_on_conflict
from editorial.unsaved import as_typed, posted
from translations.desk import machine
from translations.desk.forms import TranslationForm
from translations.desk.glossary import marked
from translations.desk.memory import suggestions
from translations.desk.models import GlossaryTerm, TextToTranslate
from translations.status.models import TARGET_LANGUAGES, translated_models
from translations.status.rights import languages_open_to, models_open_to

FORM_MEDIA = Media(
    css={"all": ["translations/desk.css"]}, js=["editorial/rich-text.js", Script("translations/desk.js", type="module")]
)
# Texts that one press of the button drafts: a browser waits for it.
DRAFTS_AT_ONCE = 50


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(ContentAdmin):
    list_display = ["term", "note"]
    list_filter = []
    search_fields = ["term", "note"]
    fieldsets = [(None, {"fields": ["term", "note"]})]


class LanguageFilter(admin.SimpleListFilter):
    title = _("language")
    parameter_name = "language"

    def lookups(self, request, model_admin):
        return [(code, settings.CONTENT_LANGUAGES[code]) for code in TARGET_LANGUAGES]

    def queryset(self, request, queryset):
        return queryset.into(self.value()) if self.value() else queryset


class StatusFilter(admin.SimpleListFilter):
    """What there is to do comes first; the rest must be asked for."""

    title = _("status")
    parameter_name = "status"
    OPEN, ALL = "open", "all"

    def lookups(self, request, model_admin):
        return [(self.OPEN, _("to do")), *TextToTranslate.Status.choices, (self.ALL, _("all"))]

    def value(self):
        return super().value() or self.OPEN

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        return queryset.standing(self.value())


class KindFilter(admin.SimpleListFilter):
    title = _("kind of content")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(model._meta.label_lower, capfirst(model._meta.verbose_name)) for model in translated_models()]

    def queryset(self, request, queryset):
        return queryset.of_kind(self.value()) if self.value() else queryset


class TextChangeList(CountedChangeList):
    """A page of texts, where each knows what its item is called."""

    def get_results(self, request):
        super().get_results(request)
        headings = TextToTranslate.objects.headings(self.result_list)
        for text in self.result_list:
            text.heading = headings[text.model, text.object_id]


@admin.register(TextToTranslate)
class TextToTranslateAdmin(admin.ModelAdmin):
    list_display = ["heading", "kind_of_content", "source_beginning", "language_name", "state", "words"]
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
        return text.get_status_display()

    def get_queryset(self, request):
        texts = super().get_queryset(request).readable_by(request.user)
        return texts.select_related("source", "translated_from")

    def get_changelist(self, request, **kwargs):
        return TextChangeList

    # Whoever may translate anything sees all; each text says whether its reader may write it.
    def has_view_permission(self, request, obj=None):
        return bool(models_open_to(request.user))

    has_change_permission = has_module_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        propose = self.admin_site.admin_view(self.propose_view)
        return [path("propose/", propose, name="translations_texttotranslate_propose"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        language = request.GET.get("language")
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "service": machine.service(),
            "language": language if language in TARGET_LANGUAGES else None,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def propose_view(self, request):
        """Have the service draft the first open texts of one language, as far as the user may write them."""
        language = request.POST.get("language")
        if request.method != "POST" or language not in TARGET_LANGUAGES or machine.service() is None:
            raise PermissionDenied
        kinds = [m._meta.label_lower for m in translated_models() if language in languages_open_to(request.user, m)]
        if not kinds:
            raise PermissionDenied
        waiting = TextToTranslate.objects.into(language).filter(model__in=kinds).undrafted()
        drafted = 0
        try:
            for batch in machine.propose(waiting.select_related("source")[:DRAFTS_AT_ONCE]):
                drafted += len(batch)
        except machine.MachineError as error:
            self.message_user(request, str(error), messages.ERROR)
        left = waiting.count()
        self.message_user(
            request,
            ngettext("%(count)s draft was made.", "%(count)s drafts were made.", drafted) % {"count": drafted}
            + " "
            + ngettext("%(count)s text still has no draft.", "%(count)s texts still have no draft.", left)
            % {"count": left},
        )
        query = urlencode({"language": language, "status": TextToTranslate.Status.DRAFT})
        return HttpResponseRedirect(f"{reverse('admin:translations_texttotranslate_changelist')}?{query}")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One text beside its source."""
        return retry_on_conflict(lambda: self.text_view(request, object_id))

    def text_view(self, request, object_id: str) -> HttpResponse:
        text = self.get_object(request, object_id)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if text is None:
            return self.missing(request, object_id)
        may_write = text.may_be_written_by(request.user)
        if request.method == "POST" and not may_write:
            raise PermissionDenied
        known = suggestions(text)
        form = as_typed(TranslationForm, request)(text)
        if request.method == "POST":
            form = self.answer(request, text, known)
            if form is None:
                goes_on = "_next" in request.POST
                return HttpResponseRedirect(self.next_address(request, text) if goes_on else request.get_full_path())
        return self.page(request, text, form, known, may_write)

    def missing(self, request, object_id: str) -> HttpResponse:
        """The text was deleted with its item; what was typed is shown."""
        words = posted(request).get("text")
        if not words:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Already deleted"),
            "message": _("The item of this text was deleted after you opened the page."),
            "changes": [(capfirst(self.opts.verbose_name), words)],
        }
        return TemplateResponse(request, "editorial/deleted.html", context, status=410)

    def answer(self, request, text, known) -> TranslationForm | None:
        """Do what the pressed button says. Returns the form where it must be shown again."""
        data = request.POST
        by_number = {str(number): suggestion for number, suggestion in enumerate(known)}
        if taken := by_number.get(data.get("_take")):
            return TranslationForm(text, proposal=taken.target)
        form = TranslationForm(text, data)
        if not form.is_valid():
            return form
        words = form.cleaned_data["text"]
        if "_discard" in data:
            text.propose("")
            self.message_user(request, _("The draft was discarded."), messages.SUCCESS)
            return None
        if "_draft" in data:
            text.propose(words)
            kept = _("Saved as a draft. Visitors do not see it until somebody saves the text.")
            self.message_user(request, kept, messages.SUCCESS)
            return None
        if "_machine" in data and machine.service():
            try:
                list(machine.propose([text]))
            except machine.MachineError as error:
                self.message_user(request, str(error), messages.ERROR)
                return TranslationForm(text, proposal=words)
            return None
        try:
            text.write(words)
        except ValidationError as error:
            form.add_error("text", error.messages)
            return form
        # As a form of the item names the field in the history.
        with translation.override(None):
            changed = [{"changed": {"fields": [capfirst(str(text.model_field.verbose_name))]}}]
        LogEntry.objects.log_actions(request.user.pk, [text.item], CHANGE, change_message=changed, single_object=True)
        self.message_user(request, _("Saved: %(text)s.") % {"text": text}, messages.SUCCESS)
        return None

    def filtered(self, request):
        """The list that the text was chosen from."""
        chosen = QueryDict(request.GET.get("_changelist_filters", ""))
        texts = TextToTranslate.objects.readable_by(request.user).standing(chosen.get("status") or StatusFilter.OPEN)
        return texts.of_kind(chosen["kind"]) if chosen.get("kind") else texts

    def address(self, request, text) -> str:
        query = urlencode({"_changelist_filters": request.GET.get("_changelist_filters", "")})
        return f"{reverse('admin:translations_texttotranslate_change', args=[quote(text.pk)])}?{query}"

    def list_address(self, request) -> str:
        return (
            f"{reverse('admin:translations_texttotranslate_changelist')}?{request.GET.get('_changelist_filters', '')}"
        )

    def next_address(self, request, text) -> str:
        """The next text of the list, then what was left before it, then the list itself."""
        texts = self.filtered(request)
        following = text.neighbour(texts) or texts.into(text.language).exclude(pk=text.pk).first()
        return self.address(request, following) if following else self.list_address(request)

    def page(self, request, text, form, known, may_write) -> TemplateResponse:
        source, terms = marked(text.source_text, text.language, is_html=text.is_rich_text)
        texts = self.filtered(request)
        neighbours = {"previous": text.neighbour(texts, backwards=True), "following": text.neighbour(texts)}
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": str(text),
            "text": text,
            "form": form,
            # The rich text editor prints an import map, an inline script that only a nonce lets run.
            "media": Media.from_media(form.media + FORM_MEDIA, nonce=request.csp_nonce),
            "source": source,
            # Rich text was sanitised on its way into the database.
            "on_site": mark_safe(text.target) if text.is_rich_text else text.target,  # noqa: S308
            "changes": text.source_changes if text.source != text.translated_from else "",
            "terms": terms,
            "known": known,
            "may_write": may_write,
            "service": machine.service(),
            "list_address": self.list_address(request),
            "left": texts.into(text.language).count(),
            "source_language": settings.LANGUAGE_CODE,
        }
        for name, neighbour in neighbours.items():
            context[name] = self.address(request, neighbour) if neighbour else None
        return TemplateResponse(request, "translations/desk/text.html", context)
