from uuid import uuid4

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

import triggers


class PageCacheConfig(AppConfig):
    name = "pagecache"

    def ready(self):
        from pagecache.triggers import content_triggers

        triggers.register(content_triggers)
        post_migrate.connect(create_content_version, sender=self)


def create_content_version(using: str, **kwargs):
    """Create the content version if there is none: before the first change, and after all tables were emptied."""
    from pagecache.models import ContentVersion

    if ContentVersion._meta.db_table in connections[using].introspection.table_names():
        ContentVersion.objects.using(using).get_or_create(pk=1, defaults={"name": str(uuid4())})
