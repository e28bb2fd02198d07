from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from editorial.content_files import ContentError, load, missing_items


class Command(BaseCommand):
    help = (
        "Loads content/<language>.toml: creates new items, and updates values that no editor changed. All files are "
        "checked first. After an error nothing is changed. Example: manage.py load_content --from /srv/content"
    )

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="folder", default=settings.CONTENT_DIR, help="Folder of the files.")
        parser.add_argument("--restore", action="store_true", help="Also create items that staff deleted.")

    def handle(self, *args: Any, folder: str, restore: bool, **options: Any) -> None:
        try:
            report = load(Path(folder), restore=restore)
        except ContentError as error:
            raise CommandError(
                "\n".join(["The content files have errors; nothing was changed.", *error.errors])
            ) from error
        except OSError as error:
            raise CommandError(f"A file could not be read or stored; nothing was changed: {error}") from error
        outcomes = {
            "created": report.created,
            "updated": report.updated,
            "kept, because an editor changed it": report.kept,
            "left out, because an editor deleted it": report.deleted_by_staff,
        }
        if options["verbosity"]:
            for outcome, names in outcomes.items():
                for name in names:
                    self.stdout.write(f"{name}: {outcome}")
            self.stdout.write(
                f"{len(report.created)} created, {len(report.updated)} updated, {report.unchanged} unchanged, "
                f"{len(report.kept)} fields kept, {len(report.deleted_by_staff)} deleted by staff."
            )
        for sentence in missing_items():
            self.stderr.write(f"Missing: {sentence}")
