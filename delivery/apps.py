from uuid import uuid4

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

import triggers


class DeliveryConfig(AppConfig):
    name = "delivery"
    verbose_name = _("Delivery")

    def ready(self):
        from delivery.triggers import content_triggers

        triggers.register(content_triggers)
        post_migrate.connect(make_version, sender=self)


def make_version(using, **kwargs):
    """Give content a version before its first change, and after all tables were emptied."""
    from delivery.models import Generation

    if Generation._meta.db_table in connections[using].introspection.table_names():
        Generation.objects.using(using).get_or_create(pk=1, defaults={"name": uuid4()})
