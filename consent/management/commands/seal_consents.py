from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.models import Seal
from consent.sealing import seal_and_erase
from consent.signing import SealKey, SealKeyError, signed_by
from consent.stored_seal import KeptSeal, SealOrderError, newest_known


class Command(BaseCommand):
    help = (
        "Seals the consent records that wait for it, and erases those that were kept long enough. The server does both "
        "by itself, unless CONSENT_SEAL_MINUTES is 0. "
        "Example: manage.py seal_consents"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--after-restore",
            nargs="?",
            type=Path,
            const=newest_known,
            metavar="FILE",
            help=(
                "An older backup was restored without the restore command: put the lost seals on record and go on. "
                "FILE is the newest seal that somebody kept, if this machine does not know it."
            ),
        )
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="Seal with another key than the last seal's, because that one is lost or was replaced. Without a key, "
            "one is made. Keep the old public key: verify_consents needs it for the seals until now.",
        )

    def handle(self, *args, after_restore, new_key, **options):
        try:
            if after_restore:
                self.note_restoration(after_restore)
            first = Seal.objects.seal_waiting(with_new_key=True) if new_key else 0
            if new_key and not first:
                raise CommandError("No record waits for a seal, so no key is taken up: repeat this when one does.")
            sealed, erased = seal_and_erase()
        except (SealOrderError, SealKeyError) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"Sealed: {first + sealed}. Erased as kept long enough: {erased}.")

    def note_restoration(self, source):
        known = newest_known() if source is newest_known else self.read(source)
        fault = Seal.objects.fault_of(known) if known else None
        if fault is None:
            raise CommandError("--after-restore: no seal is missing, so there is nothing to put on record.")
        newest = Seal.objects.latest_seal()
        if newest and newest.number >= known.number:
            # The same number with other content is no older state of the record.
            raise CommandError(f"--after-restore: {fault}")
        self.stdout.write(str(Seal.objects.continue_after_restore(known)))

    @staticmethod
    def read(file: Path) -> KeptSeal:
        try:
            kept = KeptSeal.parse(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"--after-restore: {error}") from error
        except ValueError as error:
            raise CommandError(f"--after-restore: {file} holds no seal; give a file as the site offers it.") from error
        if not signed_by(kept.note, SealKey.own().public):
            raise CommandError(f"--after-restore: the seal in {file} is not signed with this site's key.")
        return kept
