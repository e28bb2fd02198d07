import os
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from consent.signing import SealKeyError
from operations.backups import (
    BackupError,
    names_in_the_future,
    remove_older,
    require_separate_folders,
    write_backup,
    write_keys,
)
from operations.databases import DumpError


class Command(BaseCommand):
    help = (
        "Backs up the database and the uploads to a new folder with the date, while the site runs. "
        "Example: manage.py backup --to /var/backups/unic --keep 14"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="Folder for backups.")
        parser.add_argument("--keep", type=int, metavar="N", help="Backups to keep. Older ones are removed at the end.")
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="DIR",
            help="Also back up the keys, to this folder. Store it apart from the backups.",
        )

    def handle(self, *args, to, keep, keys, **options):
        os.umask(0o077)
        if keep is not None and keep < 1:
            raise CommandError(f"--keep {keep}: give the number of backups to keep, 1 or more.")
        try:
            if keys:
                require_separate_folders(keys, to)
            backup = write_backup(to)
            size = sum(part["bytes"] for part in backup.manifest["parts"].values())
            files = sum(backup.manifest["uploads"].values())
            rows = sum(backup.contents.rows.values())
            self.stdout.write(f"{backup.folder}: {rows} rows, {files} uploaded files, {size / 1e6:.1f} MB.")
            if keys:
                self.stdout.write(f"{write_keys(keys)}: the keys. Store them apart from the backups.")
            for path in names_in_the_future(to, backup.folder):
                self.stderr.write(f"{path} has a name in the future. It is kept: remove or rename it.")
            if keep and (removed := remove_older(to, keep, backup.folder)):
                self.stdout.write(f"Older backups removed: {removed}.")
        except SealKeyError as error:
            raise CommandError(f"The keys were not backed up. {error}") from error
        except (BackupError, DumpError) as error:
            raise CommandError(f"No backup was written. {error}") from error
        except OSError as error:
            raise CommandError(f"No backup was written. {BackupError.of(error, to)}") from error
