from django.core.management import BaseCommand

from pictures.files import delete_orphaned_files


class Command(BaseCommand):
    help = (
        "Deletes uploaded files to which no row of the database refers, for example after a crash, if they are older "
        "than a day. Also deletes unused renditions of pictures. Example: manage.py delete_orphaned_files"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--force",
            action="store_true",
            help="Delete them even if they are more than the files to which the database refers.",
        )

    def handle(self, *args, force, **options):
        self.stdout.write(f"{delete_orphaned_files(force)} deleted.")
