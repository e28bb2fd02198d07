from django.conf import settings
from django.core.management import BaseCommand, CommandError

from translations.messages import extract_messages, read_catalog, untranslated_messages, write_catalog


class Command(BaseCommand):
    help = (
        "Updates locale/<language>/LC_MESSAGES/django.po from code and templates, for every public language. "
        "Replaces Django's command of this name, which needs the gettext programs. "
        "Example: manage.py makemessages --check"
    )

    def add_arguments(self, parser):
        parser.add_argument("--locale", "-l", action="append", help="Only this language. Can be repeated.")
        parser.add_argument("--check", action="store_true", help="Write nothing. Fail if a translation is missing.")

    def handle(self, *args, locale, check, **options):
        template = extract_messages()
        public_codes = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        missing = []
        for code in locale or public_codes:
            if not check:
                catalog = read_catalog(code)
                catalog.update(template, no_fuzzy_matching=True)
                write_catalog(code, catalog)
            untranslated = untranslated_messages(code, template)
            missing += [f"{code}: {message}" for message in untranslated]
            self.stdout.write(f"{code}: {len(template)} texts, {len(untranslated)} without a translation.")
        if check and missing:
            raise CommandError("\n".join(["These texts have no translation:", *missing]))
