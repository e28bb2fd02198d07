from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils.translation import to_locale

from translations.messages import (
    extract_messages,
    is_shipped,
    po_path,
    read_catalog,
    untranslated_messages,
    write_catalog,
)


class Command(BaseCommand):
    help = (
        "Updates locale/<language>/LC_MESSAGES/django.po from code and templates. With SITE_DIR, only there: for each "
        "language of the site that the program does not have. "
        "Replaces Django's command of this name, which needs the gettext programs. "
        "Example: manage.py makemessages --check"
    )

    # The checks report that the file is missing.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--locale", "-l", action="append", help="Only this language. Can be repeated.")
        parser.add_argument("--check", action="store_true", help="Write nothing. Fail if a translation is missing.")

    def handle(self, *args, locale, check, **options):
        template = extract_messages()
        is_own = settings.SITE_DIR is not None
        codes = [code for code in settings.CONTENT_LANGUAGES if code != "en" and is_shipped(code) is not is_own]
        if (
            not locale
            and not is_own
            and (unknown := [code for code in settings.CONTENT_LANGUAGES if not is_shipped(code)])
        ):
            raise CommandError(
                f"The program does not have {unknown[0]}: set SITE_DIR to the folder of your installation, which gets "
                f"locale/{to_locale(unknown[0])}."
            )
        missing = []
        for code in locale or codes:
            if not check:
                catalog = read_catalog(code)
                catalog.update(template, no_fuzzy_matching=True)
                write_catalog(code, catalog)
            untranslated = untranslated_messages(code, template)
            missing += [f"{code}: {message}" for message in untranslated]
            self.stdout.write(f"{po_path(code)}: {len(template)} texts, {len(untranslated)} without a translation.")
        if check and missing:
            raise CommandError("\n".join(["These texts have no translation:", *missing]))
