from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from editorial.content_files import dump


class Command(BaseCommand):
    help = (
        "Writes the content of the database into content files, for load_content on this or another site. "
        "Example: manage.py dump_content /srv/content"
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="Folder for the files. Existing files are overwritten.")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        for path in dump(folder):
            self.stdout.write(f"Wrote {path}.")
