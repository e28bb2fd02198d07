"""The overview of translation progress."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from translations.status.models import Translation
from translations.status.permissions import all_permitted_languages, permitted_models
from translations.status.progress import Progress, Share


@admin.register(Translation)
class TranslationAdmin(admin.ModelAdmin):
    """A table of languages and kinds of content; the translators' desk lists the texts themselves."""

    def get_urls(self):
        overview = self.admin_site.admin_view(self.changelist_view)
        return [path("", overview, name="translations_translation_changelist")]

    def has_view_permission(self, request, obj=None):
        return bool(permitted_models(request.user))

    has_module_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        progress = Progress(permitted_models(request.user))
        kinds = [
            {
                "name": capfirst(model._meta.verbose_name_plural),
                "shares": [self.cell(code, share, model) for code, share in shares.items()],
            }
            for model, shares in progress.by_model.items()
        ]
        languages = [self.cell(code, share) for code, share in progress.by_language.items()]
        for code in all_permitted_languages(request.user):
            query = urlencode({"language": code, "kind": "content", "scope": "open", "format": "xliff"})
            cell = next(cell for cell in languages if cell["code"] == code)
            cell["export_url"] = f"{reverse('admin:translations_export')}?{query}"
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Translation progress"),
            "languages": languages,
            "kinds": kinds,
        }
        return TemplateResponse(request, "translations/overview.html", context)

    def cell(self, language: str, share: Share, model: type[Model] | None = None) -> dict:
        """A share for the template, with the URLs of the list of its open texts and of the first of them."""
        filters = {"language": language, "status": "open"}
        if model:
            filters["kind"] = model._meta.label_lower
        query = urlencode(filters)
        cell = {"code": language, "language": settings.CONTENT_LANGUAGES[language], "share": share}
        if share.open:
            cell["list_url"] = f"{reverse('admin:translations_texttotranslate_changelist')}?{query}"
            text_url = reverse("admin:translations_texttotranslate_change", args=[share.first_open])
            cell["text_url"] = f"{text_url}?{urlencode({'_changelist_filters': query})}"
        return cell
