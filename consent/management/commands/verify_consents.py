import base64
import binascii
import gc
import sys
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.canonical import moment
from consent.models import Seal
from consent.signing import KEY_NAME
from consent.verification import Verification, fault_against


class Command(BaseCommand):
    help = (
        "Checks every consent record against its seal and every seal against the one before, and names what was "
        "altered, removed, inserted or reordered, the first one first. Then it checks the database triggers that "
        "protect the record. Exit status 1 where something was wrong. "
        "Example: manage.py verify_consents --against seal-12.txt"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--against",
            type=Path,
            metavar="FILE",
            help="A seal as published earlier, which must still be in the chain.",
        )
        parser.add_argument(
            "--old-key",
            action="append",
            default=[],
            metavar="BASE64",
            help="A public key that this site signed with before; may be given more than once.",
        )

    def handle(self, *args, against, old_key, **options):
        keys = tuple(self.read_key(text) for text in old_key)
        faults = []
        if against:
            try:
                fault = fault_against(against.read_text(encoding="utf-8"), keys)
            except OSError as error:
                raise CommandError(f"--against: {error}") from error
            except ValueError as error:
                raise CommandError(f"--against: {against} holds no seal; give a file as the site offers it.") from error
            faults += [fault] if fault else []
        # What the program itself holds need not be searched for garbage each time that many records came and went.
        gc.freeze()
        report = Verification(keys).run()
        faults += report.faults
        self.stdout.write(
            f"Checked {report.records} records under {report.seals} seals, {report.erased} of them erased; "
            f"{report.unsealed} wait for their seal."
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
            newest = f"seal {latest.number} of {moment(latest.sealed_at)}" if latest else "none"
            self.stdout.write(f"The newest seal: {newest}. Only a kept one shows what was cut off after it: --against.")

    @staticmethod
    def read_key(text: str) -> bytes:
        """The 32 bytes of a public key, given alone or as verifiers of signed notes take it: name+id+base64."""
        encoded = text.split("+", 2)[2] if text.startswith(f"{KEY_NAME}+") else text
        try:
            key = base64.b64decode(encoded, validate=True)[-32:]
        except binascii.Error as error:
            raise CommandError("--old-key: this is not base64.") from error
        if len(key) != 32:
            raise CommandError("--old-key: a public key has 32 bytes.")
        return key
