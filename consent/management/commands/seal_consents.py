from django.core.management import BaseCommand, CommandError

from consent.models import Seal
from consent.sealing import seal_and_erase
from consent.signing import SealKeyError


class Command(BaseCommand):
    help = (
        "Seals the consent records that wait for it, and erases those that were kept long enough. The server does both "
        "by itself each CONSENT_SEAL_MINUTES; this is for a server that is started otherwise. "
        "Example: manage.py seal_consents"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="Seal with another key than the last seal's, because that one is lost or was replaced. Without a key, "
            "one is made. Keep the old public key: verify_consents needs it for the seals until now.",
        )

    def handle(self, *args, new_key, **options):
        try:
            first = Seal.objects.seal_waiting(with_new_key=True) if new_key else 0
            if new_key and not first:
                raise CommandError("No record waits for a seal, so no key is taken up: repeat this when one does.")
            sealed, erased = seal_and_erase()
        except SealKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Sealed: {first + sealed}. Erased as kept long enough: {erased}.")
