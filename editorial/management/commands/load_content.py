from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from editorial.content_files import ContentError, ContentFiles


class Command(BaseCommand):
    help = (
        "Loads content/<language>.toml: creates what is missing, updates what no editor touched, reports each. "
        "Checks all files first; on a fault nothing changes. Example: manage.py load_content --from /srv/content"
    )

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="folder", default=settings.CONTENT_DIR, help="Folder of the files.")
        parser.add_argument("--restore", action="store_true", help="Bring back items that staff deleted.")

    def handle(self, *args, folder, restore, **options):
        try:
            report = ContentFiles(Path(folder)).load(restore=restore)
        except ContentError as error:
            raise CommandError(
                "\n".join(["The content files have faults; nothing was changed.", *error.faults])
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
            for outcome, places in outcomes.items():
                for place in places:
                    self.stdout.write(f"{place}: {outcome}")
            self.stdout.write(
                f"{len(report.created)} created, {len(report.updated)} updated, {report.unchanged} unchanged, "
                f"{len(report.kept)} fields kept, {len(report.deleted_by_staff)} deleted by staff."
            )
