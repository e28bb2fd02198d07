from pathlib import Path

from django.core.management import BaseCommand

from translations.exchange.export import Format, export
from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts
from translations.exchange.units import Scope
from translations.status.models import TARGET_LANGUAGES


class Command(BaseCommand):
    help = (
        "Writes the texts of the site as a file for translators, which import_translations takes back. "
        "Example: manage.py export_translations pl --format xliff --open -o pl.xlf"
    )

    def add_arguments(self, parser):
        parser.add_argument("language", choices=TARGET_LANGUAGES, help="The language to translate into.")
        parser.add_argument(
            "--format", dest="form", choices=Format.values, default=Format.XLIFF, help="XLIFF 2.1 or PO."
        )
        parser.add_argument("--interface", action="store_true", help="The texts of locale/ instead of the content.")
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument(
            "--open",
            dest="scope",
            action="store_const",
            const=Scope.OPEN,
            default=Scope.ALL,
            help="Only what is missing, stale or a draft.",
        )
        scope.add_argument("--drafts", dest="scope", action="store_const", const=Scope.DRAFT, help="Only drafts.")
        parser.add_argument("--site", default="", help="Where the site is, for the links: https://unic.example")
        parser.add_argument("--output", "-o", type=Path, help="The file to write; without it, standard output.")

    def handle(self, *args, language, form, interface, scope, site, output, **options):
        texts = (InterfaceTexts if interface else ContentTexts)(language)
        content = export(texts, scope, Format(form), site.rstrip("/"))
        if output:
            output.write_bytes(content)
        else:
            self.stdout.write(content.decode(), ending="")
