from django.core.management import BaseCommand, CommandError

from consent.models import Notice, NoticeVersion


class Command(BaseCommand):
    help = (
        "Publishes the cookie notice with its purposes and cookies as they stand: visitors see it from now on. "
        "Example: manage.py publish_notice --small-change"
    )

    def add_arguments(self, parser):
        parser.add_argument("--small-change", action="store_true", help="Do not ask those again who decided already.")
        parser.add_argument("--first", action="store_true", help="Only if none was published yet.")

    def handle(self, *args, small_change, first, **options):
        if first and (NoticeVersion.objects.exists() or not Notice.objects.exists()):
            return
        try:
            version = NoticeVersion.objects.publish(asks_again=not small_change)
        except Notice.DoesNotExist as error:
            raise CommandError("There is no cookie notice yet: write one in the admin, or run load_content.") from error
        if options["verbosity"] > 1 or not first:
            self.stdout.write(f"Version {version.number} of the cookie notice is in force.")
