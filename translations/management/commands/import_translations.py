from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.utils.text import capfirst

from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts
from translations.exchange.plan import Plan
from translations.exchange.units import ExchangeError


class Command(BaseCommand):
    help = (
        "Takes a translator's file back, and reports every text that it changes. A file with a fault changes nothing. "
        "Example: manage.py import_translations pl.xlf --dry-run"
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="XLIFF 2 or PO, as export_translations writes them.")
        parser.add_argument("--interface", action="store_true", help="The file holds texts of locale/.")
        parser.add_argument("--dry-run", action="store_true", help="Report only.")
        parser.add_argument(
            "--as-draft",
            action="store_true",
            help="Keep all as drafts, also where the source has changed; visitors see none before a person accepts it.",
        )
        parser.add_argument("--skip-unknown", action="store_true", help="Leave out texts that the site does not have.")

    def handle(self, *args, file, interface, dry_run, as_draft, skip_unknown, **options):
        try:
            kind = InterfaceTexts if interface else ContentTexts
            plan = Plan(file.read_bytes(), kind, as_draft=as_draft, skip_unknown=skip_unknown)
            if not dry_run:
                plan.apply()
        except OSError as error:
            raise CommandError(f"{file} cannot be read ({error.strerror}).") from error
        except ExchangeError as error:
            raise CommandError("\n".join([f"{file}: nothing was changed.", *error.faults])) from error
        for change in plan.shown:
            self.stdout.write(f"{change.unit.id}: {change.outcome.label}")
            for mark, texts in (("-", change.before), ("+", change.after)):
                for text in texts:
                    self.stdout.write("\n".join(f"  {mark} {line}" for line in text.splitlines()))
            for remark in change.remarks:
                self.stdout.write(f"  ! {remark}")
        for label, number in plan.counts:
            self.stdout.write(f"{capfirst(label)}: {number}")
        if dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
        elif interface and plan.changes_something:
            self.stdout.write("Run compilemessages and start the site anew, so that visitors see it.")
