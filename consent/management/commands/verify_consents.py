import base64
import binascii
import gc
import sys
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.hashing import rfc3339
from consent.models import Seal
from consent.signing import KEY_NAME
from consent.verification import Verification, fault_against_seal


class Command(BaseCommand):
    help = (
        "Checks each consent record against its seal, each seal against the seal before, and the database triggers "
        "that protect the record. Lists altered, removed, inserted and reordered records, in their order. Exit status "
        "1 if there is a fault. "
        "Example: manage.py verify_consents --against seal-12.txt"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--against",
            type=Path,
            metavar="FILE",
            help="Downloaded seal, which must still be in the chain.",
        )
        parser.add_argument(
            "--old-key",
            action="append",
            default=[],
            metavar="BASE64",
            help="Former public key of this site. Can be repeated.",
        )

    def handle(self, *args, against, old_key, **options):
        keys = tuple(self.read_key(text) for text in old_key)
        faults = []
        if against:
            try:
                fault = fault_against_seal(against.read_text(encoding="utf-8"), keys)
            except OSError as error:
                raise CommandError(f"--against: {error}") from error
            except ValueError as error:
                raise CommandError(
                    f"--against: {against} is not a seal. Give a file that was downloaded from the site."
                ) from error
            faults += [fault] if fault else []
        # Excludes the objects of the program itself from the many garbage collections.
        gc.freeze()
        report = Verification(keys).run()
        faults += report.faults
        self.stdout.write(
            f"Checked {report.records} records under {report.seals} seals, {report.erased} of them erased; "
            f"{report.unsealed} not sealed yet."
        )
        for remark in report.remarks:
            self.stdout.write(remark)
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            sys.exit(1)
        self.stdout.write("No record was changed.")
        if not against:
            latest = Seal.objects.latest_seal()
            newest = f"seal {latest.number} of {rfc3339(latest.sealed_at)}" if latest else "none"
            self.stdout.write(
                f"Newest seal: {newest}. To detect removed seals after it, use --against with a downloaded seal."
            )

    @staticmethod
    def read_key(text: str) -> bytes:
        """Return the 32 bytes of a public key in base64, or in the format of signed notes: name+id+base64.

        Raises CommandError.
        """
        encoded = text.split("+", 2)[2] if text.startswith(f"{KEY_NAME}+") else text
        try:
            key = base64.b64decode(encoded, validate=True)[-32:]
        except binascii.Error as error:
            raise CommandError("--old-key: not base64.") from error
        if len(key) != 32:
            raise CommandError("--old-key: a public key has 32 bytes.")
        return key
