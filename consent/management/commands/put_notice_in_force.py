from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import translation

from consent.completeness import IncompleteNoticeError
from consent.models import AccessEntry, Notice, NoticeVersion, PolicyVersion


class Command(BaseCommand):
    help = (
        "Puts the cookie notice with its purposes and cookies in force. On a new site, it does the same with the "
        "privacy policy. Example: manage.py put_notice_in_force --small-change"
    )

    def add_arguments(self, parser):
        parser.add_argument("--small-change", action="store_true", help="Do not ask visitors again who have decided.")
        parser.add_argument(
            "--refresh",
            action="store_true",
            help="Only the first version, or the style and languages of a new release. Drafts stay drafts.",
        )

    def handle(self, *args, small_change, refresh, **options):
        # First, so that each decision on the notice can name a policy.
        policy_before, policy = PolicyVersion.objects.current(), PolicyVersion.objects.refresh()
        if policy != policy_before:
            AccessEntry.objects.log_operator(AccessEntry.Action.POLICY, str(policy))
        before = NoticeVersion.objects.current()
        version = NoticeVersion.objects.refresh() if refresh else None
        if version is None and not Notice.objects.exists():
            if refresh:
                return
            raise CommandError("There is no cookie notice. Write one in the admin, or run load_content.")
        if version is None:
            if small_change:
                self.refuse_widening(before)
            try:
                # Errors name the missing texts in the source language.
                with translation.override(settings.LANGUAGE_CODE):
                    version = NoticeVersion.objects.put_in_force(asks_again=not small_change)
            except IncompleteNoticeError as missing:
                if not refresh:
                    raise CommandError(
                        f"The notice is not complete, so it was not put in force.\n{missing}"
                    ) from missing
                languages = ", ".join(code for code, _name in settings.LANGUAGES)
                self.stderr.write(
                    "No cookie notice is in force: visitors are not asked, and nothing optional loads. It needs all of "
                    f"its texts in each language of the site ({languages}). Add these to the content files and run "
                    f"load_content, or in the admin. Then run put_notice_in_force.\n{missing}"
                )
                return
        if unannounced := version.unannounced_purposes(before):
            self.stderr.write(
                f"Asked about for the first time: {', '.join(unannounced)}. The introduction is unchanged. Check in "
                "each language that it does not say that nothing is used for this."
            )
        if version != before:
            AccessEntry.objects.log_operator(AccessEntry.Action.PUBLISH, version.log_details(before))
        if not refresh or options["verbosity"] > 1:
            self.stdout.write(f"Version {version.number} of the cookie notice is in force.")

    def refuse_widening(self, before: NoticeVersion | None) -> None:
        """Raise CommandError if the draft widens a version whose answers hold."""
        with translation.override(settings.LANGUAGE_CODE):
            widened = [str(item) for item in NoticeVersion.objects.draft().not_asked_about_under(before)]
        if widened:
            raise CommandError(
                "Visitors must be asked again, so the notice was not put in force. Run put_notice_in_force without "
                "--small-change.\n" + "\n".join(widened)
            )
