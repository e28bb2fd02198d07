from django.core.management import BaseCommand

from pictures.files import delete_orphaned_files


class Command(BaseCommand):
    help = (
        "Deletes uploaded files that are older than a day and that no row of the database names, as after a crash. "
        "Also deletes unused renditions of pictures. Example: manage.py delete_orphaned_files"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--force",
            action="store_true",
            help="Delete them even if there are more of them than files that the database names.",
        )

    def handle(self, *args, force, **options):
        self.stdout.write(f"{delete_orphaned_files(force)} deleted.")
