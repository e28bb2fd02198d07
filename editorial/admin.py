"""What the admin of every edited thing shares: language tabs, publishing, translating."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import User
from django.contrib.contenttypes.admin import GenericStackedInline
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import CheckboxSelectMultiple, DateTimeField, DateTimeInput, Script, Select, Textarea
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from editorial.conflict_admin import ConflictMixin
from editorial.forms import EditForm, EditGenericInlineFormSet, EditInlineFormSet
from editorial.models import ScheduledChange
from translations.status.models import TARGET_LANGUAGES, Translation
from translations.status.rights import languages_open_to

FORM_MEDIA = Media(
    css={"all": ["editorial/admin.css"]},
    js=["editorial/rich-text.js", Script("editorial/language-tabs.js", type="module")],
)
# So many items are offered to choose from, in a form or beside a list; where there are more, one searches.
MOST_OFFERED = 100


def translation_fields(model, languages) -> set[str]:
    """The fields of `model` that hold a translation into one of `languages`: title_pl, but not order."""
    if model not in translator.get_registered_models():
        return set()
    return {
        build_localized_fieldname(name, code)
        for name in translator.get_options_for_model(model).fields
        for code in languages
    }


class RolesMixin:
    """Rights finer than Django's own: who may translate without changing, and who may publish.

    A user who may translate, into all languages or some, edits these translations and reads the rest. Without the
    `publish` permission nothing is put on the site or taken off it; what such a user adds waits for a publisher.
    """

    def has_right(self, request, action: str) -> bool:
        codename = get_permission_codename(action, self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def has_module_permission(self, request):
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or bool(languages_open_to(request.user, self.model))

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or self.translates(request)

    def translates(self, request) -> bool:
        return bool(translation_fields(self.model, languages_open_to(request.user, self.model)))

    def translates_only(self, request) -> bool:
        return not self.has_right(request, "change") and self.translates(request)

    def get_readonly_fields(self, request, obj=None):
        fields = [*super().get_readonly_fields(request, obj)]
        if not self.has_right(request, "publish"):
            fields.append("is_published")
        if obj is not None and self.translates_only(request):
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            open_fields = translation_fields(self.model, languages_open_to(request.user, self.model))
            fields += [name for name in shown if name not in open_fields]
        return list(dict.fromkeys(fields))

    def hold_back(self, request, item):
        """Keep a new item from visitors where its author may not publish."""
        if item._state.adding and not self.has_right(request, "publish"):
            item.is_published = False


class SearchMixin:
    """Offers the first items and those that are chosen, and searches all; without a script, the offered ones remain."""

    def optgroups(self, name, value, attrs=None):
        offered = {str(key) for key, _label in self.choices}
        if others := [key for key in value if key.isdigit() and key not in offered]:
            chosen = self.field.related_model._default_manager.filter(pk__in=others)
            self.choices = [*self.choices, *((item.pk, str(item)) for item in chosen)]
        return Select.optgroups(self, name, value, attrs)


class SearchedChoice(SearchMixin, AutocompleteSelect):
    pass


class SearchedChoices(SearchMixin, AutocompleteSelectMultiple):
    pass


class ChoicesMixin:
    """What an item may refer to is offered as a whole where that is little, and searched for where it is much."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if not isinstance(db_field, models.ForeignKey | models.ManyToManyField):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        queryset = self.get_field_queryset(None, db_field, request)
        if queryset is None:
            queryset = db_field.related_model._default_manager.all()
        most = self.most_offered(db_field)
        items = list(queryset[: most + 1])
        if len(items) > most and self.may_search(db_field.related_model, request):
            widget = SearchedChoices if db_field.many_to_many else SearchedChoice
            kwargs["widget"] = widget(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        nothing = [] if field.empty_label is None else [("", field.empty_label)]
        # Read once for all forms on the page.
        field.choices = [*nothing, *map(field.iterator(field).choice, items[:most])]
        return field

    def most_offered(self, db_field) -> int:
        return MOST_OFFERED

    def may_search(self, model, request) -> bool:
        return model in self.admin_site._registry and self.admin_site._registry[model].has_view_permission(request)


class OfferedFilter(admin.RelatedFieldListFilter):
    """Offers the first items that those of the list may refer to; the search finds by the others."""

    def field_choices(self, field, request, model_admin):
        items = field.related_model._default_manager.all()
        if ordering := self.field_admin_ordering(field, request, model_admin):
            items = items.order_by(*ordering)
        return [(item.pk, str(item)) for item in items[:MOST_OFFERED]]


class ScheduleForm(EditForm):
    class Meta:
        field_classes = {"at": DateTimeField}
        widgets = {"at": DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")}

    def clean_at(self):
        at = self.cleaned_data["at"]
        if "at" in self.changed_data and at <= timezone.now():
            raise ValidationError(_("Choose a moment that is still to come."))
        return at


class ScheduleFormSet(EditGenericInlineFormSet):
    """Scheduled changes. A form that was open before there was this part of it may come back without."""

    def __init__(self, data=None, *args, prefix=None, **kwargs):
        prefix = prefix or self.get_default_prefix()
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        super().__init__(data, *args, prefix=prefix, **kwargs)


class ScheduleInline(GenericStackedInline):
    """When an item is to be shown or hidden by itself. `ContentAdmin` offers it to whoever may publish the item."""

    model = ScheduledChange
    form = ScheduleForm
    formset = ScheduleFormSet
    fields = ["is_published", "at"]
    extra = 0

    def has_view_permission(self, request, obj=None):
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


class CountedChangeList(ChangeList):
    """A page of a list whose rows are counted once: how many of all are shown is told where some are left out."""

    def get_results(self, request):
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class CountedMixin:
    """The admin of rows that are counted once for a list, and not all of them beside those that are found."""

    show_full_result_count = False

    def get_changelist(self, request, **kwargs):
        return CountedChangeList


class ContentChangeList(CountedChangeList):
    """A page of a list, where each item knows how its translations stand."""

    def get_results(self, request):
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            if request.method != "POST" or self.page_num == 1:
                raise
            # The list became shorter since. What was edited in it is saved whichever page is shown.
            self.page_num = 1
            super().get_results(request)
        self.add_states(self.result_list)

    def add_states(self, items):
        states = Translation.objects.states(self.model, [item.pk for item in items])
        for item in items:
            item.translation_states = states.get(item.pk, {})


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
        texts = Translation.objects.of_all([form.instance for form in written.values()])
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
                    _("See it beside its source"),
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
        texts = Translation.objects.of_all([form.instance for form in saved.values()])
        context["translation_states"] = texts.states_of_languages()
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


admin.site.unregister(User)


class StaffForm(EditForm, UserChangeForm):
    pass


@admin.register(User)
class StaffAdmin(ConflictMixin, ChoicesMixin, CountedMixin, UserAdmin):
    """Staff accounts: what a person may do follows from their groups alone."""

    form = StaffForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_superuser"]
    list_filter = ["is_active", "is_superuser", ("groups", OfferedFilter)]
    search_fields = [*UserAdmin.search_fields, "groups__name"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    formfield_overrides = {models.ManyToManyField: {"widget": CheckboxSelectMultiple}}
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]


def thumbnail(field: str, description):
    """A column of a list that shows the picture in `field`, small."""

    @admin.display(description=description)
    def column(model_admin, item):
        picture = getattr(item, field)
        if not picture:
            return _("none")
        return format_html('<img class="thumbnail" src="{}" alt="">', picture.url)

    return column
