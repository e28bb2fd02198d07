from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

import jobs
import triggers


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent to cookies")

    def ready(self):
        # Registers the check.
        from consent import (
            checks,  # noqa: F401
            narrowing,
        )
        from consent.dashboard import consent_health
        from consent.link_paragraphs import remarks_on_unnamed_embeds
        from consent.models import NoticeVersion, PolicyVersion
        from consent.models.notice import missing_notice
        from consent.sealing import erase_outdated, seal
        from consent.triggers import record_triggers
        from editorial.content_files import register_needed
        from editorial.dashboard import register_block
        from editorial.remarks import register_remarks
        from pagecache.triggers import register_content

        register_block(consent_health)
        register_needed(missing_notice)
        register_remarks(remarks_on_unnamed_embeds)
        narrowing.connect()
        register_content(lambda: [NoticeVersion, PolicyVersion])
        triggers.register(record_triggers)
        if settings.CONSENT_SEAL_MINUTES:
            jobs.register(
                "seal-consents",
                seal,
                every=timedelta(minutes=settings.CONSENT_SEAL_MINUTES),
                title=_("Seals new consent records."),
            )
            jobs.register(
                "erase-consents",
                erase_outdated,
                every=timedelta(hours=1),
                title=_("Erases consent records at the end of their retention period."),
            )
