from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

import jobs
import triggers


class EditorialConfig(AppConfig):
    name = "editorial"
    verbose_name = _("Editing")

    def ready(self) -> None:
        from editorial.links import name_links
        from editorial.models import content_models
        from editorial.triggers import erasure_triggers, revision_triggers, slug_triggers
        from pagecache.triggers import register_content

        register_content(content_models)
        triggers.register(slug_triggers)
        triggers.register(revision_triggers)
        triggers.register(erasure_triggers)
        self.register_jobs()
        self.register_blocks()
        name_links()

    def register_blocks(self) -> None:
        from editorial import blocks, dashboard

        for block in (blocks.to_approve, blocks.returned_drafts, blocks.own_drafts, blocks.scheduled_changes):
            dashboard.register_block(block)
        dashboard.register_block(blocks.faulty_jobs)

    def register_jobs(self) -> None:
        from editorial.models import DeletedItem, ScheduledChange, StoredInput
        from editorial.models.preview import delete_ended

        jobs.register(
            "scheduled-changes",
            ScheduledChange.objects.apply_due,
            every=timedelta(seconds=5),
            title=_("Shows and hides content at the scheduled moment."),
        )
        jobs.register(
            "clear-unsaved-input",
            StoredInput.objects.delete_outdated,
            every=timedelta(hours=1),
            title=_("Deletes input that nobody saved within a week."),
        )
        jobs.register(
            "schedule-reminders",
            ScheduledChange.objects.send_reminders,
            every=timedelta(minutes=1),
            title=_("Reminds staff by e-mail of what they planned."),
        )
        jobs.register(
            "delete-previews",
            delete_ended,
            every=timedelta(hours=1),
            title=_("Deletes old previews and preview links."),
        )
        jobs.register(
            "empty-bin",
            DeletedItem.objects.empty,
            every=timedelta(hours=1),
            title=_("Erases deleted items whose time in the bin is over."),
        )
