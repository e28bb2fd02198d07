from operator import attrgetter
from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.utils.text import capfirst

from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts
from translations.exchange.plan import Plan
from translations.exchange.units import ExchangeError


class Command(BaseCommand):
    help = (
        "Imports a translated file and reports every change. A file with an error changes nothing. "
        "Example: manage.py import_translations pl.xlf --dry-run"
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="XLIFF 2 or PO, exported by export_translations.")
        parser.add_argument("--interface", action="store_true", help="Import interface texts.")
        parser.add_argument("--dry-run", action="store_true", help="Report the changes without writing them.")
        parser.add_argument(
            "--as-draft",
            action="store_true",
            help="Store all translations as drafts, including those of a changed source. Visitors do not see drafts.",
        )
        parser.add_argument("--skip-unknown", action="store_true", help="Skip texts that the site does not have.")

    def handle(self, *args, file, interface, dry_run, as_draft, skip_unknown, **options):
        try:
            kind = InterfaceTexts if interface else ContentTexts
            plan = Plan(file.read_bytes(), kind, as_draft=as_draft, skip_unknown=skip_unknown)
            if not dry_run:
                plan.apply()
        except OSError as error:
            raise CommandError(f"{file} cannot be read ({error.strerror}).") from error
        except ExchangeError as error:
            raise CommandError("\n".join([f"{file}: nothing was changed.", *error.errors])) from error
        label = attrgetter("planned_label" if dry_run else "label")
        for change in plan.shown:
            self.stdout.write(f"{change.unit.id}: {label(change.outcome)}")
            for sign, texts in (("-", change.before), ("+", change.after)):
                for text in texts:
                    self.stdout.write("\n".join(f"  {sign} {line}" for line in text.splitlines()))
            for warning in change.warnings:
                self.stdout.write(f"  ! {warning}")
        for outcome, number in plan.counts:
            self.stdout.write(f"{capfirst(label(outcome))}: {number}")
        if dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
        elif interface and plan.changes_something:
            self.stdout.write("Run compilemessages and restart the site to show the new texts.")
