from django.conf import settings
from django.core.management import BaseCommand, CommandError

from translations.status.fields import TARGET_LANGUAGES, translated_models
from translations.status.models import Translation
from translations.status.progress import Progress


class Command(BaseCommand):
    help = (
        "Shows the translation progress of the content by language. "
        "Example: manage.py translation_status --language pl --fail-under 100"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--language", action="append", choices=TARGET_LANGUAGES, help="Only this language. Can be repeated."
        )
        parser.add_argument(
            "--fail-under",
            type=int,
            default=0,
            metavar="PERCENT",
            help="Exit with status 1 if a lower percentage of texts of a language is current.",
        )

    def handle(self, *args, language, fail_under, **options):
        shares = {
            code: share
            for code, share in Progress(translated_models()).by_language.items()
            if not language or code in language
        }
        statuses = list(Translation.Status)
        names = "".join(f"{status.value:>9}" for status in statuses)
        self.stdout.write(f"{'language':<16}{'current %':>10}{names}{'words to do':>13}")
        for code, share in shares.items():
            counts = "".join(f"{share.texts[status]:>9}" for status in statuses)
            name = f"{code} {settings.CONTENT_LANGUAGES[code]}"
            self.stdout.write(f"{name:<16}{share.percent:>10}{counts}{share.words_to_do:>13}")
        behind = [f"{code} ({share.percent} %)" for code, share in shares.items() if share.percent < fail_under]
        if behind:
            raise CommandError(f"Under {fail_under} %: {', '.join(behind)}.")
