from django.core.management import BaseCommand

from consent.sealing import seal_and_erase


class Command(BaseCommand):
    help = (
        "Seals the consent records that wait for it, and erases those that were kept long enough. The server does both "
        "by itself, unless CONSENT_SEAL_MINUTES is 0. "
        "Example: manage.py seal_consents"
    )

    def handle(self, *args, **options):
        sealed, erased = seal_and_erase()
        self.stdout.write(f"Sealed: {sealed}. Erased as kept long enough: {erased}.")
