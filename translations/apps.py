from datetime import timedelta

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _

import jobs
import triggers


class TranslationsConfig(AppConfig):
    name = "translations"
    verbose_name = _("Translations")

    def ready(self):
        from translations.status.models import ChangedItem, translated_models
        from translations.status.triggers import text_triggers

        triggers.register(text_triggers)
        for model in translated_models():
            post_save.connect(settle_saved, sender=model)
        jobs.register(
            "translation-status",
            ChangedItem.objects.settle,
            every=timedelta(minutes=1),
            title=_("Updates the status of translations of content that was changed in bulk."),
        )
        post_migrate.connect(forget_texts, sender=self)
        post_migrate.connect(make_rights, sender=self)


def settle_saved(sender, instance, raw, **kwargs):
    """Update the status of a saved item's translations in the same transaction; a fixture's, when they are read."""
    from translations.status.models import ChangedItem

    if not raw:
        ChangedItem.objects.filter(model=sender._meta.label_lower, object_id=instance.pk).settle()


def forget_texts(using, **kwargs):
    """Delete the status of texts whose model, field or language is not translated any more."""
    from translations.status.comparison import forget_what_is_not_translated
    from translations.status.models import Translation

    if Translation._meta.db_table in connections[using].introspection.table_names():
        forget_what_is_not_translated()


def make_rights(using, apps, **kwargs):
    """Give each language its right and its group of translators."""
    from translations.status.rights import make_rights

    make_rights(using, apps)
