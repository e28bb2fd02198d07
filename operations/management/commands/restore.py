import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format

from consent.models import Seal
from consent.signing import SealKey, SealKeyError, signed_by
from consent.stored_seal import SealMismatchError, StoredSeal
from consent.verification import Verification
from operations.backups import Backup, BackupError, write_backup
from operations.databases import DumpError
from operations.restoring import Restoring
from operations.uploads import UploadsError
from server.lock import InUseError, no_server

REMINDER = """\
Repeat by hand what was done since the backup:
- erasures on request that are not named above, and messages of visitors that were deleted;
- staff accounts that were closed, and rights and passwords that were changed;
- edits of content.
Everybody on the staff must sign in again. Start the site when you are done."""


class Command(BaseCommand):
    help = (
        "Replaces database and uploads by a backup, notes that in the record of consents, and checks the record. "
        "Stop the site first. Example: manage.py restore /var/backups/unic/backup-2026-01-31T03-00-00Z"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("backup", type=Path, metavar="DIR", help="The folder of one backup.")
        parser.add_argument("--keys", type=Path, metavar="DIR", help="Restore the keys of this folder as well.")
        parser.add_argument(
            "--newest-seal",
            type=Path,
            metavar="FILE",
            help="The newest seal that somebody kept, where this machine does not know it: names what is lost.",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Replace what is there, after backing it up into DATA_DIR/before-restore.",
        )
        parser.add_argument("--discard", action="store_true", help="Replace what is there without backing it up.")

    def handle(self, *args, backup, keys, newest_seal, replace, discard, **options):
        os.umask(0o077)
        try:
            with no_server():
                self.restore(backup, keys, newest_seal, replace, discard)
        except InUseError as error:
            raise CommandError("The site is running: stop it first, on Debian with: systemctl stop unic") from error
        except (BackupError, DumpError, UploadsError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(str(BackupError.of(error, settings.DATA_DIR))) from error

    def restore(self, folder: Path, keys: Path | None, newest_seal: Path | None, replace: bool, discard: bool):
        backup = Backup.open(folder)
        restoring = Restoring(backup, keys)
        kept = self.read_seal(newest_seal) if newest_seal else None
        restoring.check()
        restoring.database.require_alone()
        made_at = date_format(timezone.localtime(backup.made_at), "DATETIME_FORMAT")
        self.stdout.write(f"The backup of {made_at} is whole.")
        if not discard and not self.is_empty_here(restoring):
            if not replace:
                raise CommandError("This installation is not empty: give --replace to put the backup in its place.")
            before = write_backup(settings.DATA_DIR / "before-restore")
            self.stdout.write(f"What was here lies in {before.folder}: remove it when you no longer need it.")
        restoring.look_at_present()
        try:
            restoring.unpack()
            restoring.switch()
        finally:
            restoring.remove_unfinished()
        restoring.require_everything()
        rows, files = sum(backup.contents.rows.values()), sum(backup.manifest["uploads"].values())
        self.stdout.write(f"Restored: {rows} rows and {files} uploaded files.")
        if keys:
            for line in restoring.put_keys_in_place():
                self.stdout.write(line)
        if kept and not self.is_signed(kept):
            self.stderr.write(f"--newest-seal: {newest_seal} is not signed with this site's key, and is left out.")
            kept = None
        self.stdout.write(str(restoring.put_on_record(kept)))
        if restoring.erasures:
            self.stdout.write(
                f"Erasures on request since the backup: {len(restoring.erasures)}. "
                f"Records erased again: {restoring.repeat_erasures()}."
            )
        self.verify()

    @staticmethod
    def is_empty_here(restoring: Restoring) -> bool:
        try:
            return restoring.is_empty_here()
        except DumpError as error:
            raise CommandError(f"{error} To restore all the same, and lose it, give --discard.") from error

    @staticmethod
    def read_seal(file: Path) -> StoredSeal:
        try:
            return StoredSeal.parse(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CommandError(f"--newest-seal: {file} holds no seal; give a file as the site offers it.") from error

    @staticmethod
    def is_signed(seal: StoredSeal) -> bool:
        try:
            return signed_by(seal.note, SealKey.own().public)
        except SealKeyError:
            return False

    def verify(self):
        try:
            Seal.objects.seal_waiting()
        except (SealMismatchError, SealKeyError) as fault:
            self.stderr.write(str(fault))
        report = Verification().run()
        self.stdout.write(
            f"Checked {report.records} consent records under {report.seals} seals; {report.unsealed} wait for a seal."
        )
        for fault in report.faults:
            self.stderr.write(fault)
        self.stdout.write(REMINDER)
        if report.faults:
            sys.exit(1)
