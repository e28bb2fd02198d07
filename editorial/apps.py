from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EditorialConfig(AppConfig):
    name = "editorial"
    verbose_name = _("Editing")

    def ready(self):
        # It comes when all apps are migrated, so every table is there.
        post_migrate.connect(keep_past_addresses, sender=self)


def keep_past_addresses(using, **kwargs):
    """Have the database keep old addresses, of tables and languages that a migration added too."""
    from editorial.triggers import install

    install(using)
