from django.conf import settings
from django.core.management import BaseCommand, CommandError

from translations.messages import extract_messages, open_messages, read_catalog, write_catalog


class Command(BaseCommand):
    help = (
        "Brings locale/<language>/LC_MESSAGES/django.po up to the texts in code and templates, for every language "
        "that visitors are offered. Takes the place of Django's command of this name, which needs the gettext "
        "programs. Example: manage.py makemessages --check"
    )

    def add_arguments(self, parser):
        parser.add_argument("--locale", "-l", action="append", help="Only this language; may be given several times.")
        parser.add_argument("--check", action="store_true", help="Write nothing; fail where a translation is missing.")

    def handle(self, *args, locale, check, **options):
        template = extract_messages()
        offered = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        missing = []
        for code in locale or offered:
            if not check:
                catalog = read_catalog(code)
                catalog.update(template, no_fuzzy_matching=True)
                write_catalog(code, catalog)
            unsettled = open_messages(code, template)
            missing += [f"{code}: {message}" for message in unsettled]
            self.stdout.write(f"{code}: {len(template)} texts, {len(unsettled)} without a translation.")
        if check and missing:
            raise CommandError("\n".join(["These texts lack a translation:", *missing]))
