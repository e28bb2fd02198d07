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
        from editorial.dashboard import register_block
        from translations.desk.dashboard import drafts_to_translate, texts_to_translate
        from translations.status.changed_items import ChangedItem
        from translations.status.fields import translated_models
        from translations.status.triggers import text_triggers

        register_block(texts_to_translate)
        register_block(drafts_to_translate)
        triggers.register(text_triggers)
        for model in translated_models():
            post_save.connect(process_saved_item, sender=model)
        jobs.register(
            "translation-status",
            ChangedItem.objects.process,
            every=timedelta(minutes=1),
            title=_("Updates the status of translations of content that was changed in bulk."),
        )
        post_migrate.connect(delete_untranslated_texts, sender=self)
        post_migrate.connect(create_language_permissions, sender=self)


def process_saved_item(sender, instance, raw, **kwargs):
    """Update the translation status of a saved item in the same transaction; items of fixtures are updated later."""
    from translations.status.changed_items import ChangedItem

    if not raw:
        ChangedItem.objects.filter(model=sender._meta.label_lower, object_id=instance.pk).process()


def delete_untranslated_texts(using, **kwargs):
    """Delete the status of texts whose model, field or language is no longer translated."""
    from translations.status.comparison import delete_untranslated
    from translations.status.models import Translation

    if Translation._meta.db_table in connections[using].introspection.table_names():
        delete_untranslated()


def create_language_permissions(using, apps, **kwargs):
    """Create the permission and the group of translators of each language."""
    from translations.status.permissions import create_permissions

    create_permissions(using, apps)
