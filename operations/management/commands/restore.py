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
from operations.restoring import Restore
from operations.uploads import UploadsError
from server.lock import InUseError, lock_while_restoring, restore_file

REMINDER = """\
Repeat these changes since the backup manually:
- erasures on request that are not listed above, and deletions of messages from visitors;
- closed staff accounts, and changes of permissions and passwords;
- edits of content.
All staff must sign in again. Then start the site."""


class Command(BaseCommand):
    help = (
        "Replaces the database and the uploads by a backup, adds the restore to the consent record, and verifies that "
        "record. Stop the site first. Example: manage.py restore /var/backups/unic/backup-2026-01-31T03-00-00Z"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("backup", type=Path, metavar="DIR", help="Folder of one backup.")
        parser.add_argument("--keys", type=Path, metavar="DIR", help="Also restore the keys in this folder.")
        parser.add_argument(
            "--newest-seal",
            type=Path,
            metavar="FILE",
            help="For a new machine: the newest seal that was stored elsewhere. It shows which seals are lost.",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Replace the current data, after a backup of it to DATA_DIR/before-restore.",
        )
        parser.add_argument("--discard", action="store_true", help="Replace the current data without a backup of it.")

    def handle(self, *args, backup, keys, newest_seal, replace, discard, **options):
        os.umask(0o077)
        try:
            with lock_while_restoring():
                self.restore(backup, keys, newest_seal, replace, discard)
        except InUseError as error:
            raise CommandError("The site is running: stop it first, on Debian with: systemctl stop unic") from error
        except (BackupError, DumpError, UploadsError) as error:
            raise CommandError(f"{error}{self.state()}") from error
        except OSError as error:
            raise CommandError(f"{BackupError.of(error, settings.DATA_DIR)}{self.state()}") from error

    @staticmethod
    def state() -> str:
        """Return a sentence if the failed restore has already replaced data."""
        if not restore_file().exists():
            return ""
        return " The database was already replaced. Correct the cause and run the command again; the site waits for it."

    def restore(self, folder: Path, keys: Path | None, newest_seal: Path | None, replace: bool, discard: bool):
        backup = Backup.open(folder)
        restore = Restore(backup, keys)
        external_seal = self.read_seal(newest_seal) if newest_seal else None
        restore.check()
        restore.database.require_no_other_connections()
        made_at = date_format(timezone.localtime(backup.made_at), "DATETIME_FORMAT")
        self.stdout.write(f"The backup of {made_at} is complete.")
        if not discard and not self.is_installation_empty(restore):
            if not replace:
                raise CommandError("This installation is not empty: give --replace to replace its data by the backup.")
            previous = self.back_up_current_data(settings.DATA_DIR / "before-restore")
            self.stdout.write(f"The previous data is in {previous.folder}: remove it when you no longer need it.")
        restore.read_current_data()
        try:
            restore.unpack()
            restore.switch()
        finally:
            restore.remove_unfinished()
        restore.verify_database()
        rows, files = sum(backup.contents.rows.values()), sum(backup.manifest["uploads"].values())
        self.stdout.write(f"Restored: {rows} rows and {files} uploaded files.")
        if keys:
            for line in restore.replace_keys(keys):
                self.stdout.write(line)
        if external_seal and not self.is_signed(external_seal):
            self.stderr.write(f"--newest-seal: {newest_seal} is not signed with the key of this site, and is ignored.")
            external_seal = None
        self.stdout.write(str(restore.record(external_seal)))
        if restore.erasures:
            self.stdout.write(
                f"Erasures on request since the backup: {len(restore.erasures)}. "
                f"Records erased again: {restore.repeat_erasures()}."
            )
        if restore.content_erasures:
            failed = restore.repeat_content_erasures()
            self.stdout.write(
                f"Erasures of personal data from content since the backup: {len(restore.content_erasures)}. "
                f"Repeated: {len(restore.content_erasures) - len(failed)}."
            )
            for item in failed:
                self.stderr.write(f"The erasure of personal data from {item} failed: repeat it in the admin.")
        restore.finish()
        self.verify()

    @staticmethod
    def back_up_current_data(folder: Path) -> Backup:
        try:
            return write_backup(folder)
        except (BackupError, DumpError, OSError) as error:
            reason = BackupError.of(error, folder) if isinstance(error, OSError) else error
            raise CommandError(
                f"The current data could not be backed up to {folder}. {reason} Older backups there can be removed. To "
                "restore without a backup of the current data, give --discard."
            ) from error

    @staticmethod
    def is_installation_empty(restore: Restore) -> bool:
        try:
            return restore.is_installation_empty()
        except DumpError as error:
            raise CommandError(f"{error} To restore without a backup of it, give --discard.") from error

    @staticmethod
    def read_seal(file: Path) -> StoredSeal:
        try:
            return StoredSeal.parse(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CommandError(f"--newest-seal: {file} is not a seal; give a file that the site offers.") from error

    @staticmethod
    def is_signed(seal: StoredSeal) -> bool:
        try:
            return signed_by(seal.note, SealKey.own().public)
        except SealKeyError:
            return False

    def verify(self):
        try:
            Seal.objects.seal_waiting()
        except (SealMismatchError, SealKeyError) as error:
            self.stderr.write(str(error))
        report = Verification().run()
        self.stdout.write(
            f"Checked {report.records} consent records under {report.seals} seals; {report.unsealed} are not sealed."
        )
        for fault in report.faults:
            self.stderr.write(fault)
        self.stdout.write(REMINDER)
        if report.faults:
            sys.exit(1)
