from django.core.management import BaseCommand

from pictures.files import delete_orphaned_files


class Command(BaseCommand):
    help = (
        "Deletes uploaded files that nothing in the database names and that are older than a day, as a crash leaves "
        "them, and sizes of pictures that are not used any more. Example: manage.py delete_orphaned_files"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--force",
            action="store_true",
            help="Delete them even if they are more than the files that the database names.",
        )

    def handle(self, *args, force, **options):
        self.stdout.write(f"{delete_orphaned_files(force)} deleted.")
