from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

import jobs


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Accessibility feedback")

    def ready(self):
        # Registers the check.
        from editorial.content_files import register_needed
        from editorial.dashboard import register_block
        from feedback import checks  # noqa: F401
        from feedback.dashboard import messages_to_answer
        from feedback.models import Message, missing_feedback_page

        register_block(messages_to_answer)
        register_needed(missing_feedback_page)

        jobs.register(
            "mail-feedback",
            Message.objects.mail_or_raise,
            every=timedelta(minutes=5),
            title=_("Sends waiting messages from the accessibility form by e-mail."),
        )
        jobs.register(
            "erase-feedback",
            Message.objects.erase_outdated,
            every=timedelta(hours=1),
            title=_("Erases messages that were answered more than a year ago."),
        )
