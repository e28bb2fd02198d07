from pathlib import Path

from django.core.management import BaseCommand

from translations.exchange.export import Format, export
from translations.exchange.interface import InterfaceTexts
from translations.exchange.models import ContentTexts
from translations.exchange.units import Scope, TextCollection


class Command(BaseCommand):
    help = (
        "Exports texts as a file for translators. import_translations imports the translated file. "
        "Example: manage.py export_translations pl --format xliff --open -o pl.xlf"
    )

    def add_arguments(self, parser):
        parser.add_argument("language", choices=InterfaceTexts.target_languages, help="The language to translate into.")
        parser.add_argument(
            "--format", dest="file_format", choices=Format.values, default=Format.XLIFF, help="XLIFF 2.1 or PO."
        )
        parser.add_argument("--interface", action="store_true", help="Export interface texts instead of the content.")
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument(
            "--open",
            dest="scope",
            action="store_const",
            const=Scope.OPEN,
            default=Scope.ALL,
            help="Only missing, stale and draft translations.",
        )
        scope.add_argument("--drafts", dest="scope", action="store_const", const=Scope.DRAFT, help="Only drafts.")
        parser.add_argument("--site", default="", help="Base URL of the site for links: https://unic.example")
        parser.add_argument("--output", "-o", type=Path, help="The file to write (default: standard output).")

    def handle(self, *args, language, file_format, interface, scope, site, output, **options):
        texts: TextCollection = InterfaceTexts(language) if interface else ContentTexts(language)
        content = export(texts, scope, Format(file_format), site.rstrip("/"))
        if output:
            output.write_bytes(content)
        else:
            self.stdout.write(content.decode(), ending="")
