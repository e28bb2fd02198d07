from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class TriggersConfig(AppConfig):
    name = "triggers"

    def ready(self):
        # With this app as sender, each receiver runs once per `migrate`: before the first and after the last migration.
        pre_migrate.connect(remove_before_migrations, sender=self)
        post_migrate.connect(install_after_migrations, sender=self)
        checks.register(check_triggers, checks.Tags.database)


def remove_before_migrations(using, plan, **kwargs):
    from triggers.registry import remove

    remove(connections[using], {migration.app_label for migration, _is_backwards in plan})


def install_after_migrations(using, **kwargs):
    from triggers.registry import install

    install(connections[using])


def check_triggers(databases, **kwargs) -> list[checks.CheckMessage]:
    """Report missing, altered and superfluous triggers.

    The messages are warnings: after an error, `migrate` would refuse to start, but `migrate` is the remedy.
    """
    from triggers.registry import faults

    hint = "If the software was not just upgraded, find out who changed the trigger. Then run: manage.py migrate"
    return [
        checks.Warning(f"The database trigger {name} is {fault}.", hint=hint, id=f"triggers.{fault}")
        for alias in databases or ()
        for name, fault in faults(connections[alias]).items()
    ]
