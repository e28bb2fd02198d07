from datetime import timedelta
from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

import jobs


class EditorialConfig(AppConfig):
    name = "editorial"
    verbose_name = _("Editing")

    def ready(self):
        # It comes when all apps are migrated, so every table is there.
        post_migrate.connect(keep_past_addresses, sender=self)
        self.register_jobs()

    def register_jobs(self):
        from editorial.models import ScheduledChange

        jobs.register(
            "scheduled-changes",
            ScheduledChange.objects.carry_out,
            every=timedelta(seconds=5),
            title=_("Shows and hides content at the scheduled moment."),
        )
        jobs.register(
            "clear-sessions",
            import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
            every=timedelta(hours=1),
            title=_("Deletes expired sessions."),
        )


def keep_past_addresses(using, **kwargs):
    """Have the database keep old addresses, of tables and languages that a migration added too."""
    from editorial.triggers import install

    install(using)
