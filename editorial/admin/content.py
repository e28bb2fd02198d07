"""Admin classes for content: language tabs, publishing, state of translations."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.db import models
from django.forms import CheckboxSelectMultiple, Script, Textarea
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from modeltranslation.utils import build_localized_fieldname

from editorial.admin.changelists import ContentChangeList, CountedMixin
from editorial.admin.choices import ChoicesMixin
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.permissions import RolesMixin, translation_fields
from editorial.admin.schedule import ScheduleInline
from editorial.forms import EditForm, EditInlineFormSet
from editorial.models import ScheduledChange
from translations.status.fields import TARGET_LANGUAGES
from translations.status.models import Translation

FORM_MEDIA = Media(
    css={"all": ["editorial/admin.css"]},
    js=["editorial/rich-text.js", Script("editorial/language-tabs.js", type="module")],
)


class ContentAdmin(ConflictMixin, RolesMixin, ChoicesMixin, CountedMixin, TranslationAdmin):
    """The admin of one kind of content, with all its languages in one form, and how each of them stands."""

    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"widget": Textarea(attrs={"rows": 4, "class": "vLargeTextField"})},
        models.ManyToManyField: {"widget": CheckboxSelectMultiple},
    }
    list_filter = ["is_published"]
    save_on_top = True
    list_per_page = 50

    def get_inlines(self, request, obj):
        inlines = super().get_inlines(request, obj)
        return [*inlines, ScheduleInline] if self.has_right(request, "publish") else inlines

    def get_changelist(self, request, **kwargs):
        return ContentChangeList

    def get_list_display(self, request):
        return [*super().get_list_display(request), "translation_state"]

    @admin.display(description=_("translations"))
    def translation_state(self, item):
        """A chip for each language."""
        states = [(code, item.translation_states[code]) for code in TARGET_LANGUAGES if code in item.translation_states]
        chip = '<span class="state state-{1}" title="{2}: {3}">{0}<span class="visually-hidden"> {3}</span></span>'
        chips = ((code, state, settings.CONTENT_LANGUAGES[code], state.label) for code, state in states)
        return format_html('<span class="states">{}</span>', format_html_join(" ", chip, chips)) if states else "–"

    def get_search_fields(self, request):
        """Each translated field in every language, so that an editor finds a text in whichever they know."""
        expanded = []
        for name in self.search_fields:
            field = get_fields_from_path(self.model, name)[-1]
            source = build_localized_fieldname(field.name, settings.LANGUAGE_CODE)
            is_translated = source in translation_fields(field.model, [settings.LANGUAGE_CODE])
            codes = settings.CONTENT_LANGUAGES if is_translated else [None]
            expanded += [build_localized_fieldname(name, code) if code else name for code in codes]
        return expanded

    def get_view_on_site_url(self, obj=None):
        """Where visitors read `obj`; nowhere while it is not published."""
        if obj is None or not obj.is_published or not hasattr(obj, "get_absolute_url"):
            return None
        return obj.get_absolute_url()

    def get_changelist_form(self, request, **kwargs):
        # Of all the fields, a list has forms for these alone.
        return super().get_changelist_form(request, fields=self.list_editable, **kwargs)

    def get_changelist_formset(self, request, **kwargs):
        formset = super().get_changelist_formset(request, **kwargs)
        for field in formset.form.base_fields.values():
            # A field in a list has no label of its own, only the heading of its column.
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return formset

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        if self.translates_only(request):
            changelist.list_editable = ()
        return changelist

    def save_model(self, request, obj, form, change):
        self.hold_back(request, obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        if formset.model is ScheduledChange:
            for planned in formset.forms:
                if planned.has_changed():
                    planned.instance.planned_by = request.user
        inlines = {inline.model: inline for inline in self.get_inline_instances(request, form.instance)}
        for row in formset.extra_forms:
            if isinstance(inline := inlines[formset.model], RolesMixin):
                inline.hold_back(request, row.instance)
        super().save_formset(request, form, formset, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.show_findings(request, [form, *(row for formset in formsets for row in formset.forms)])

    def show_findings(self, request, forms):
        """Warn of what a translator should look at in the translations that were written in these forms."""
        written = {
            (form.instance._meta.label_lower, form.instance.pk): form
            for form in forms
            if form.instance.pk
            and not translation_fields(form._meta.model, TARGET_LANGUAGES).isdisjoint(form.changed_data)
        }
        if not written:
            return
        texts = Translation.objects.of_items([form.instance for form in written.values()])
        for text in texts.select_related("source").order_by("pk"):
            form = written[text.model, text.object_id]
            if text.localized_field in form.changed_data and (findings := text.findings):
                warning = format_html(
                    '<b>{}: {} ({})</b> {} <a href="{}">{}</a>',
                    form.instance,
                    capfirst(text.field_label),
                    settings.CONTENT_LANGUAGES[text.language],
                    " ".join(finding.message for finding in findings),
                    text.desk_url,
                    _("Compare with the source"),
                )
                messages.warning(request, warning)

    def render_change_form(self, request, context, *args, **kwargs):
        # The rich text editor prints an import map, an inline script that only a nonce lets run.
        context["media"] = Media.from_media(context["media"] + FORM_MEDIA, nonce=request.csp_nonce)
        self.show_states(context)
        return super().render_change_form(request, context, *args, **kwargs)

    def show_states(self, context):
        """Tell how each language of the form stands, and below a stale text what changed in its source."""
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
            # All languages share the changes of a source.
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


class SoleContentAdmin(ContentAdmin):
    """The admin of content that there is one item of."""

    list_filter = []

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def get_model_perms(self, request):
        # Not whether one may be added, which the list says: every page of the admin shows its menu by this, and would
        # ask the database.
        return {
            "add": False,
            "change": self.has_change_permission(request),
            "delete": False,
            "view": self.has_view_permission(request),
        }


class ContentInline(RolesMixin, ChoicesMixin, TranslationStackedInline):
    """Content that is edited within what it belongs to."""

    form = EditForm
    formset = EditInlineFormSet
    extra = 0
    show_change_link = False
    formfield_overrides = ContentAdmin.formfield_overrides


def thumbnail(field: str, description):
    """A column of a list that shows the picture in `field`, small."""

    @admin.display(description=description)
    def column(model_admin, item):
        picture = getattr(item, field)
        if not picture:
            return _("none")
        return format_html('<img class="thumbnail" src="{}" alt="">', picture.url)

    return column
