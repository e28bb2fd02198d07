from datetime import timedelta
from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

import jobs


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        jobs.register(
            "clear-sessions",
            import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
            every=timedelta(hours=1),
            title=_("Deletes expired sessions."),
        )
