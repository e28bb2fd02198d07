from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    name = "delivery"
    verbose_name = _("Delivery")

    def ready(self):
        # It comes when all apps are migrated, so every table is there.
        post_migrate.connect(watch_content, sender=self)


def watch_content(using, **kwargs):
    """Have the database tell of changes of content, in tables that a migration made or made anew too."""
    from delivery.triggers import install

    install(using)
