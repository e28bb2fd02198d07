from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.core.management import BaseCommand, CommandError

from security.files import write_atomically


class Command(BaseCommand):
    help = (
        "Compiles each locale/<language>/LC_MESSAGES/*.po that is newer than its .mo. "
        "Replaces Django's command of this name, which needs the gettext programs. "
        "Example: manage.py compilemessages"
    )

    def handle(self, *args, **options):
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                self.compile(source, options["verbosity"])

    def compile(self, source: Path, verbosity: int):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            return
        try:
            with source.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
        except PoFileError as error:
            raise CommandError(f"{source}, line {error.lineno}: {error}. Correct that line.") from error
        compiled = BytesIO()
        write_mo(compiled, catalog)
        try:
            # Readable by all, because the user that runs the site may differ from the owner of the program.
            write_atomically(target, compiled.getvalue(), mode=0o644)
        except OSError as error:
            raise CommandError(
                f"{target} cannot be written ({error.strerror}): run deploy/compile.sh as the owner of the program."
            ) from error
        if verbosity:
            self.stdout.write(f"Compiled {source.relative_to(settings.BASE_DIR)}.")
