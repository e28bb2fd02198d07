import sys
from datetime import date
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.export import FORMATS
from consent.models import AccessEntry, Decision


class Command(BaseCommand):
    help = (
        "Writes the consent records to a file or to standard output, oldest first. "
        "Example: manage.py export_consents --format csv --from 2026-01-01 --output consents.csv"
    )

    def add_arguments(self, parser):
        parser.add_argument("--format", dest="form", choices=FORMATS, default="jsonl", help="Default: %(default)s.")
        parser.add_argument("--from", dest="start", type=date.fromisoformat, help="First day, such as 2026-01-01.")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, help="Last day.")
        parser.add_argument("--output", type=Path, help="New file to write. An existing file is not overwritten.")

    def handle(self, *args, form, start, end, output, **options):
        period = [f"{name}={day}" for name, day in (("from", start), ("to", end)) if day]
        AccessEntry.objects.log_operator(AccessEntry.Action.EXPORT, " ".join([form, *period]))
        decisions = Decision.objects.in_period(start, end).order_by("pk")
        chunks = FORMATS[form].chunks(decisions)
        if output is None:
            sys.stdout.writelines(chunks)
            return
        try:
            with output.open("x", encoding="utf-8", newline="") as file:
                file.writelines(chunks)
        except OSError as error:
            raise CommandError(f"--output: {error}") from error
