from django.core.management import BaseCommand, CommandError

from translations.desk import machine
from translations.desk.models import TextToTranslate
from translations.status.models import TARGET_LANGUAGES


class Command(BaseCommand):
    help = (
        "Has the service that MACHINE_TRANSLATION names draft each text that has no translation of its present source. "
        "Drafts wait for a person; visitors see none. Example: manage.py propose_translations pl sv"
    )

    def add_arguments(self, parser):
        parser.add_argument("languages", nargs="+", choices=TARGET_LANGUAGES, metavar="language", help="Such as pl.")

    def handle(self, *args, languages, **options):
        if machine.service() is None:
            raise CommandError("No service is set. Give MACHINE_TRANSLATION, as docs/settings.md describes.")
        for language in languages:
            drafted = 0
            try:
                for batch in machine.propose(
                    TextToTranslate.objects.into(language).undrafted().select_related("source")
                ):
                    drafted += len(batch)
                    if options["verbosity"] > 1:
                        self.stdout.write(f"{language}: {drafted} …")
            except machine.MachineError as error:
                raise CommandError(f"{language}: {error} {drafted} drafts were made before.") from error
            self.stdout.write(f"{language}: {drafted} drafts to review.")
