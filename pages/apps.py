from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "pages"
    verbose_name = _("Pages of the site")

    def ready(self):
        from editorial.content_files import register_needed
        from pages.needed import missing_pages

        register_needed(missing_pages)
