from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class TranslationsConfig(AppConfig):
    name = "translations"
    verbose_name = _("Translations")

    def ready(self):
        pre_migrate.connect(stop_watching, sender=self)
        # It comes when all apps are migrated, so every table is there.
        post_migrate.connect(watch_texts, sender=self)
        post_migrate.connect(make_rights, sender=self)


def stop_watching(using, plan, **kwargs):
    """Take the triggers away from tables that migrations will change; what happens meanwhile is noted afterwards."""
    from translations.status.triggers import remove

    if plan:
        remove(using)


def watch_texts(using, **kwargs):
    """Have the database keep the state of each translation, and note what changed without it."""
    from translations.status.triggers import install

    install(using)


def make_rights(using, apps, **kwargs):
    """Give each language its right and its group of translators."""
    from translations.status.rights import make_rights

    make_rights(using, apps)
