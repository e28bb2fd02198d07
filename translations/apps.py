import sys
from datetime import timedelta

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _

import jobs
import triggers


class TranslationsConfig(AppConfig):
    name = "translations"
    verbose_name = _("Translations")

    def ready(self):
        from editorial.dashboard import register_block
        from translations.columns.sqlite import use_schema_editor
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
        connection_created.connect(use_schema_editor)
        # The first app that gets the signal, because triggers of all apps need the columns.
        post_migrate.connect(update_language_columns, sender=apps.get_app_config("modeltranslation"))
        checks.register(check_interface)
        checks.register(check_columns, checks.Tags.database)
        checks.register(check_groups, checks.Tags.database)
        post_migrate.connect(delete_untranslated_texts, sender=self)
        post_migrate.connect(create_language_permissions, sender=self)


def process_saved_item(sender, instance, raw, **kwargs):
    """Update the translation status of a saved item in the same transaction; items of fixtures are updated later."""
    from translations.status.changed_items import ChangedItem

    if not raw:
        ChangedItem.objects.filter(model=sender._meta.label_lower, object_id=instance.pk).process()


def update_language_columns(using, verbosity, stdout=sys.stdout, **kwargs):
    """Create the columns of languages that the migrations do not have."""
    from translations.columns.sync import update_columns

    for name in update_columns(connections[using]):
        if verbosity:
            stdout.write(f"  Added or changed the column {name}.\n")


def check_interface(**kwargs) -> list[checks.CheckMessage]:
    """Report languages of visitors without texts of the interface."""
    from translations.messages import is_shipped, po_path

    return [
        checks.Warning(
            f"The site does not have the texts of the interface in {name}: visitors see those of the first language "
            "or English ones.",
            hint="Write them with manage.py makemessages, or hide the language from visitors with HIDDEN_LANGUAGES.",
            id="translations.interface",
        )
        for code, name in settings.LANGUAGES
        if not is_shipped(code) and not po_path(code).exists()
    ]


def check_columns(databases, **kwargs) -> list[checks.CheckMessage]:
    """Report missing columns. A warning, because after an error `migrate` would refuse to start."""
    from translations.columns.sync import missing_columns

    return [
        checks.Warning(
            f"The database does not have these columns of models: {', '.join(missing)}.",
            hint="Run: manage.py prepare",
            id="translations.columns",
        )
        for alias in databases or ()
        if (missing := missing_columns(connections[alias]))
    ]


def check_groups(databases, **kwargs) -> list[checks.CheckMessage]:
    """Name the groups of translators into languages that the site no longer has."""
    from translations.status.permissions import groups_of_former_languages

    return [
        checks.Warning(
            f"The group “{group}” translates into a language that the site does not have.",
            hint="Remove its members and run manage.py migrate, or add the language to LANGUAGES again.",
            id="translations.groups",
        )
        for alias in databases or ()
        for group in groups_of_former_languages(alias)
    ]


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
