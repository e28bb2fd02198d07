from django.core.management import BaseCommand, CommandError

from consent.models import AccessEntry, Notice, NoticeVersion, PolicyVersion


class Command(BaseCommand):
    help = (
        "Publishes the cookie notice with its purposes and cookies. On a new site, it also puts the privacy policy in "
        "force. Example: manage.py publish_notice --small-change"
    )

    def add_arguments(self, parser):
        parser.add_argument("--small-change", action="store_true", help="Do not ask visitors again who have decided.")
        parser.add_argument(
            "--refresh",
            action="store_true",
            help="Publish only the first version, or the style and languages of a new release. Drafts stay drafts.",
        )

    def handle(self, *args, small_change, refresh, **options):
        # First, so that each decision on the notice can name a policy.
        PolicyVersion.objects.refresh()
        before = NoticeVersion.objects.current()
        if refresh and not before and not Notice.objects.exists():
            return
        try:
            version = NoticeVersion.objects.refresh() if refresh else None
            if version is None:
                version = NoticeVersion.objects.publish(asks_again=not small_change)
                if not refresh and version != before:
                    AccessEntry.objects.log_operator(AccessEntry.Action.PUBLISH, str(version))
        except Notice.DoesNotExist as error:
            raise CommandError("There is no cookie notice. Write one in the admin, or run load_content.") from error
        if not refresh or options["verbosity"] > 1:
            self.stdout.write(f"Version {version.number} of the cookie notice is in force.")
