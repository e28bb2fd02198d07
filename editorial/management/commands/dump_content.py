from pathlib import Path

from django.core.management import BaseCommand

from editorial.content_files import dump


class Command(BaseCommand):
    help = (
        "Writes the content of the database as content files, which load_content reads, here or on another site. "
        "Example: manage.py dump_content /srv/content"
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="Where to write; files of the same names are overwritten.")

    def handle(self, *args, folder, **options):
        for path in dump(folder):
            self.stdout.write(f"Wrote {path}.")
