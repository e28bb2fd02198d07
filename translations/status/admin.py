"""The overview of the translators' desk: how far each language is, and where to go on."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from translations.status.models import Translation
from translations.status.progress import Progress, Share
from translations.status.rights import all_languages_open_to, models_open_to


@admin.register(Translation)
class TranslationAdmin(admin.ModelAdmin):
    """Languages × kinds of content in place of a list; the texts themselves are listed at the desk."""

    def get_urls(self):
        overview = self.admin_site.admin_view(self.changelist_view)
        return [path("", overview, name="translations_translation_changelist")]

    def has_view_permission(self, request, obj=None):
        return bool(models_open_to(request.user))

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
        progress = Progress(models_open_to(request.user))
        kinds = [
            {
                "name": capfirst(model._meta.verbose_name_plural),
                "shares": [self.shown(code, share, model) for code, share in shares.items()],
            }
            for model, shares in progress.kinds.items()
        ]
        languages = [self.shown(code, share) for code, share in progress.languages.items()]
        for code in all_languages_open_to(request.user):
            chosen = urlencode({"language": code, "kind": "content", "scope": "open", "form": "xliff"})
            cell = next(cell for cell in languages if cell["code"] == code)
            cell["export"] = f"{reverse('admin:translations_export')}?{chosen}"
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Translation progress"),
            "languages": languages,
            "kinds": kinds,
        }
        return TemplateResponse(request, "translations/overview.html", context)

    def shown(self, language: str, share: Share, model=None) -> dict:
        """A share with the addresses of what is to do in it: the list, and the first text of the list."""
        chosen = {"language": language, "status": "open"}
        if model:
            chosen["kind"] = model._meta.label_lower
        query = urlencode(chosen)
        shown = {"code": language, "language": settings.CONTENT_LANGUAGES[language], "share": share}
        if share.open:
            shown["list"] = f"{reverse('admin:translations_texttotranslate_changelist')}?{query}"
            text = reverse("admin:translations_texttotranslate_change", args=[share.first_open])
            shown["text"] = f"{text}?{urlencode({'_changelist_filters': query})}"
        return shown
