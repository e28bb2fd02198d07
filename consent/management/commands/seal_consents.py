from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.models import Seal
from consent.sealing import seal_and_erase
from consent.signing import SealKey, SealKeyError, signed_by
from consent.stored_seal import SealMismatchError, StoredSeal, read_newest_seal


class Command(BaseCommand):
    help = (
        "Seals the unsealed consent records, and erases records after their retention period. The server does both "
        "automatically, unless CONSENT_SEAL_MINUTES is 0. "
        "Example: manage.py seal_consents"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--after-restore",
            nargs="?",
            type=Path,
            const=read_newest_seal,
            metavar="FILE",
            help=(
                "Record that an older backup was restored without the command restore, and continue sealing. "
                "FILE is the newest downloaded seal, if this machine does not have it."
            ),
        )
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="Seal with another key, because the key of the last seal was lost or replaced. If there is none, it "
            "is created. Keep the old public key: verify_consents needs it for the existing seals.",
        )

    def handle(self, *args, after_restore, new_key, **options):
        try:
            if after_restore:
                self.record_restoration(after_restore)
            first = Seal.objects.seal_waiting(with_new_key=True) if new_key else 0
            if new_key and not first:
                raise CommandError(
                    "There is no unsealed record, so the key was not changed. Repeat this when there is one."
                )
            sealed, erased = seal_and_erase()
        except (SealMismatchError, SealKeyError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Sealed: {first + sealed}. Erased after their retention period: {erased}.")

    def record_restoration(self, source) -> None:
        """Record that an older database was restored. Raises CommandError if no seal is missing."""
        known = read_newest_seal() if source is read_newest_seal else self.read(source)
        fault = Seal.objects.fault_against(known) if known else None
        if fault is None:
            raise CommandError("--after-restore: no seal is missing, so nothing was recorded.")
        newest = Seal.objects.latest_seal()
        if newest and newest.number >= known.number:
            # A different seal with the same number is not explained by an older database.
            raise CommandError(f"--after-restore: {fault}")
        self.stdout.write(str(Seal.objects.continue_after_restore(known)))

    @staticmethod
    def read(file: Path) -> StoredSeal:
        """Return the seal in `file`. Raises CommandError unless it is signed with the key of this site."""
        try:
            seal = StoredSeal.parse(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"--after-restore: {error}") from error
        except ValueError as error:
            raise CommandError(
                f"--after-restore: {file} is not a seal. Give a file that was downloaded from the site."
            ) from error
        if not signed_by(seal.note, SealKey.own().public):
            raise CommandError(f"--after-restore: the seal in {file} is not signed with this site's key.")
        return seal
