"""The admin page for the export and import of exchange files."""

from collections import defaultdict

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from editorial.admin import ReadOnlyMixin, admin_page
from translations.exchange.export import Format, export
from translations.exchange.forms import KIND_INTERFACE, ApplyForm, ExportForm, ImportForm
from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts, ExchangedText
from translations.exchange.plan import Plan
from translations.exchange.units import ExchangeError, Scope, TextCollection
from translations.status.permissions import all_permitted_languages, permitted_models


@admin.register(ExchangedText)
class ExchangeAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """Export and import. Interface texts can only be exported, because they belong to the program's source code."""

    def has_module_permission(self, request):
        return bool(all_permitted_languages(request.user))

    def has_view_permission(self, request, obj=None):
        return obj is None and bool(all_permitted_languages(request.user))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("", view(self.exchange_page), name="translations_exchangedtext_changelist"),
            path("export/", view(self.export), name="translations_export"),
            path("import/", view(require_POST(self.preview)), name="translations_import"),
            path("apply/", view(require_POST(self.apply)), name="translations_apply"),
        ]

    def exchange_page(self, request, export_form: ExportForm | None = None, import_form: ImportForm | None = None):
        languages = all_permitted_languages(request.user)
        if not languages:
            raise PermissionDenied
        context = {
            "title": _("Exchange files with translators"),
            "export_form": export_form or ExportForm(languages=languages),
            "import_form": import_form or ImportForm(),
        }
        return admin_page(self, request, "translations/exchange/page.html", context)

    def export(self, request):
        form = ExportForm(request.GET, languages=all_permitted_languages(request.user))
        if not form.is_valid():
            return self.exchange_page(request, export_form=form)
        chosen = form.cleaned_data
        texts: TextCollection
        if chosen["kind"] == KIND_INTERFACE:
            texts = InterfaceTexts(chosen["language"])
        else:
            texts = ContentTexts(chosen["language"], permitted_models(request.user))
        file_format = Format(chosen["format"])
        site = f"{request.scheme}://{request.get_host()}"
        content = export(texts, Scope(chosen["scope"]), file_format, site)
        name = f"{chosen['kind']}-{chosen['language']}{file_format.suffix}"
        return HttpResponse(
            content,
            content_type=file_format.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    def preview(self, request):
        """Show the changes of an uploaded file without writing them."""
        form = ImportForm(request.POST, request.FILES)
        if not all_permitted_languages(request.user):
            raise PermissionDenied
        if form.is_valid():
            options = {name: form.cleaned_data[name] for name in ("as_draft", "skip_unknown")}
            try:
                return self.render_preview(request, form.cleaned_data["file"], options)
            except ExchangeError as error:
                form.add_error("file", [_("Nothing was changed."), *error.errors])
        return self.exchange_page(request, import_form=form)

    def render_preview(self, request, content: bytes, options: dict[str, bool]):
        plan = Plan(content, ContentTexts, user=request.user, **options)
        form = ApplyForm(user=request.user)
        form.set_file(content, digest=plan.digest, **options)
        context = {
            "title": _("Changes in the file"),
            "plan": plan,
            "form": form,
            "source_language": plan.source_language,
        }
        return admin_page(self, request, "translations/exchange/preview.html", context)

    def apply(self, request):
        """Write the changes of the preview, or show the preview again if the site has changed since."""
        form = ApplyForm(request.POST, user=request.user)
        try:
            if not form.is_valid():
                raise ExchangeError(*map(str, form.non_field_errors()))
            chosen = form.cleaned_data
            plan = Plan(chosen["content"], ContentTexts, user=request.user, **chosen["options"])
            if plan.digest != chosen["digest"]:
                messages.warning(
                    request, _("The site has changed since the preview, so nothing was saved. Check the changes again.")
                )
                return self.render_preview(request, chosen["content"], chosen["options"])
            self.log_changes(request, plan.apply())
        except ExchangeError as error:
            messages.error(request, " ".join([_("Nothing was changed."), *error.errors]))
            return self.exchange_page(request, import_form=ImportForm())
        report = "; ".join(f"{outcome.label}: {number}" for outcome, number in plan.counts)
        messages.success(request, _("The file was imported (%(report)s).") % {"report": report})
        return HttpResponseRedirect(reverse("admin:translations_exchangedtext_changelist"))

    def log_changes(self, request, texts: list[ExchangedText]):
        """Add the changed fields to the history of each item."""
        fields: dict[Model, list[str]] = defaultdict(list)
        for text in texts:
            fields[text.item].append(f"{capfirst(text.field_label)} ({text.language})")
        for item, names in fields.items():
            changed = [{"changed": {"fields": names}}]
            LogEntry.objects.log_actions(request.user.pk, [item], CHANGE, change_message=changed, single_object=True)
