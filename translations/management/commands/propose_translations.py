from django.core.management import BaseCommand, CommandError

from translations.desk import machine
from translations.desk.models import TextToTranslate
from translations.status.fields import TARGET_LANGUAGES


class Command(BaseCommand):
    help = (
        "Lets the translation service of MACHINE_TRANSLATION draft all missing and stale translations. "
        "Visitors see a draft only after a person has saved it. Example: manage.py propose_translations pl sv"
    )

    def add_arguments(self, parser):
        parser.add_argument("languages", nargs="+", choices=TARGET_LANGUAGES, metavar="language", help="Such as pl.")

    def handle(self, *args, languages, **options):
        service = machine.configured_service()
        if service is None:
            raise CommandError("No service is configured. Set MACHINE_TRANSLATION, see docs/settings.md.")
        for language in languages:
            drafted = 0
            try:
                texts = TextToTranslate.objects.into(language).without_draft().select_related("source")
                for batch in machine.propose(service, texts):
                    drafted += len(batch)
                    if options["verbosity"] > 1:
                        self.stdout.write(f"{language}: {drafted} …")
            except machine.MachineTranslationError as error:
                raise CommandError(f"{language}: {error} {drafted} drafts were made before this error.") from error
            self.stdout.write(f"{language}: {drafted} drafts to review.")
