import os
from io import BytesIO
from pathlib import Path

import django.conf
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils.translation import to_locale
from django.utils.translation.reloader import translation_file_changed
from django.utils.translation.trans_real import reset_cache

from security.files import write_atomically
from translations.messages import is_shipped

DJANGOS_LOCALE = Path(django.conf.__file__).parent / "locale"


class Command(BaseCommand):
    help = (
        "Compiles each locale/<language>/LC_MESSAGES/*.po of the program and of SITE_DIR that is newer than its .mo. "
        "Those of SITE_DIR are compiled into DATA_DIR/locale. "
        "Replaces Django's command of this name, which needs the gettext programs. "
        "Example: manage.py compilemessages"
    )

    def handle(self, *args, **options):
        self.verbosity = options["verbosity"]
        for source in sorted((settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                self.compile(source, target)
        self.compile_own()

    def compile_own(self):
        """Compile the catalogs of SITE_DIR, which this user may not be able to write to."""
        compiled = settings.DATA_DIR / "locale"
        own = settings.SITE_DIR / "locale" if settings.SITE_DIR else compiled
        sources = {
            compiled / source.relative_to(own).with_suffix(".mo"): source for source in own.glob("*/LC_MESSAGES/*.po")
        }
        # Django has no pages in a language without any catalog.
        empty = {
            compiled / to_locale(code) / "LC_MESSAGES/django.mo"
            for code in settings.CONTENT_LANGUAGES
            if not is_shipped(code) and not (DJANGOS_LOCALE / to_locale(code)).is_dir()
        } - set(sources)
        for target in set(compiled.glob("*/LC_MESSAGES/*.mo")) - set(sources) - empty:
            target.unlink()
        for target, source in sorted(sources.items()):
            # Not only newer ones, because SITE_DIR can become another folder or an earlier version.
            if not target.exists() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
                target.parent.mkdir(parents=True, exist_ok=True)
                self.compile(source, target)
        for target in empty:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                self.write(Catalog(charset="utf-8"), target)

    def compile(self, source: Path, target: Path):
        try:
            with source.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
        except PoFileError as error:
            raise CommandError(f"{source}, line {error.lineno}: {error}. Correct that line.") from error
        self.write(catalog, target)
        modified_at = source.stat().st_mtime_ns
        os.utime(target, ns=(modified_at, modified_at))
        if self.verbosity:
            self.stdout.write(f"Compiled {source}.")

    @staticmethod
    def write(catalog: Catalog, target: Path):
        compiled = BytesIO()
        write_mo(compiled, catalog)
        try:
            # Readable by all, because the user that runs the site may differ from the owner of the program.
            write_atomically(target, compiled.getvalue(), mode=0o644)
        except OSError as error:
            raise CommandError(
                f"{target} cannot be written ({error.strerror}): run deploy/compile.sh as the owner of the program."
            ) from error
        # This process may have read the catalogs, or their absence.
        translation_file_changed(None, target)
        reset_cache(setting="LANGUAGES")
