"""Putting a backup in the place of this installation's data, and on the record of consents."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from consent.models import Erasure, Leaf, Restoration, Seal
from consent.stored_seal import SealMismatchError, StoredSeal, newest_seal_path, read_newest_seal, store_newest_seal
from operations.backups import KEY_FILES, Backup, BackupError, synchronise, write_file
from operations.databases import DumpError, own_database
from operations.uploads import all_uploads


@dataclass(frozen=True)
class ErasureOnRequest:
    """An erasure that the backup does not know, and the hashes of the records that it erased."""

    staff: str
    remark: str
    digests: list[str]


class Restoring:
    """The restore of one backup, step by step. Nothing is touched before `unpack`, nothing replaced before `switch`."""

    def __init__(self, backup: Backup, keys: Path | None = None):
        self.backup, self.keys = backup, keys
        self.database, self.uploads = own_database(), all_uploads()
        self.known: StoredSeal | None = None
        self.erasures: list[ErasureOnRequest] = []

    def check(self):
        """Raise BackupError where this backup is damaged or does not fit this installation."""
        made_of, here = self.backup.manifest["database"], self.database.kind
        if made_of != here:
            raise BackupError(f"The backup holds a {made_of} database, and DATABASE_URL names {here}.")
        if missing := set(self.backup.manifest["uploads"]) - {each.alias for each in self.uploads}:
            raise BackupError(
                f"The backup holds uploads for which settings.STORAGES has no folder: {', '.join(missing)}."
            )
        known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        # Rows of an app that is no longer installed stay in the table of migrations for good.
        apps_here = {config.label for config in apps.get_app_configs()}
        applied = [name for name in self.backup.contents.migrations if name.partition(".")[0] in apps_here]
        if newer := [name for name in applied if name not in known]:
            raise BackupError(
                f"The backup was made by a newer version of the program ({self.backup.manifest['program']}), which has "
                f"the migration {newer[-1]}: install that version first."
            )
        if self.keys:
            for name in KEY_FILES:
                if not (self.keys / name).is_file():
                    raise BackupError(f"--keys: {self.keys / name} is missing.")
        self.backup.check()
        self.database.check(self.backup.part(self.database.part))

    def is_empty_here(self) -> bool:
        return not self.database.contents().rows and all(each.is_empty() for each in self.uploads)

    def look_at_present(self):
        """Gather what the backup cannot know: the newest seal, and the erasures on request since it was made."""
        seals = []
        # A damaged file tells nothing, and keeps nobody from restoring.
        with suppress(SealMismatchError):
            seals.append(read_newest_seal())
        with suppress(DatabaseError, DumpError, ValueError):
            if note := self.database.contents().newest_seal:
                seals.append(StoredSeal.parse(note))
        with suppress(DatabaseError):
            since = Erasure.objects.filter(reason=Erasure.Reason.REQUEST, erased_at__gte=self.backup.made_at)
            self.erasures = [
                ErasureOnRequest(erasure.staff, erasure.remark, list(erasure.leaves.values_list("digest", flat=True)))
                for erasure in since.order_by("pk")
            ]
        self.known = newest_of(seals)

    def unpack(self):
        """Unpack the uploads beside the present ones."""
        for each in self.uploads:
            if each.alias in self.backup.manifest["uploads"]:
                each.unpack(self.backup.part(each.part))

    def switch(self):
        """Replace the database, then the uploads."""
        self.database.put_in_place(self.backup.part(self.database.part))
        for each in self.uploads:
            if each.alias in self.backup.manifest["uploads"]:
                each.put_in_place()

    def remove_unfinished(self):
        """Remove what was unpacked and did not get into its place."""
        for each in self.uploads:
            shutil.rmtree(each.unfinished, ignore_errors=True)

    def put_keys_in_place(self) -> list[str]:
        """Copy the keys into DATA_DIR; another key that lies there stays under another name. Returns what was done."""
        done = []
        for name in KEY_FILES:
            target, key = settings.DATA_DIR / name, (self.keys / name).read_bytes()
            if target.exists() and target.read_bytes() == key:
                continue
            if target.exists():
                aside = target.with_name(f"{name}.before-{timezone.now():%Y-%m-%dT%H-%M-%SZ}")
                target.rename(aside)
                done.append(f"{target} is the one of the backup; the other one is {aside.name}.")
            unfinished = target.with_name(f".{name}.restoring")
            write_file(unfinished, key)
            unfinished.rename(target)
            synchronise(settings.DATA_DIR)
        return done

    def require_everything(self):
        """Raise BackupError where the database does not hold what was backed up."""
        found, expected = self.database.contents(), self.backup.contents
        if found != expected:
            raise BackupError("The restored database does not hold what was backed up.")

    def put_on_record(self, kept: StoredSeal | None) -> Restoration:
        """Bring the schema up to date, end all sessions, and note the restore among the consents.

        `kept` is a seal that somebody kept elsewhere.
        """
        call_command("migrate", interactive=False, verbosity=0)
        Session.objects.all().delete()
        restoration = Seal.objects.continue_after_restore(newest_of([self.known, kept]), self.backup.made_at)
        # From now on the restored chain is the one that goes on.
        newest = Seal.objects.latest_seal()
        if newest:
            store_newest_seal(newest.note)
        else:
            newest_seal_path().unlink(missing_ok=True)
        return restoration

    def repeat_erasures(self) -> int:
        """Erase again what was erased on request since the backup, and return how many records it was."""
        count = 0
        for erasure in self.erasures:
            leaves = Leaf.objects.filter(digest__in=erasure.digests)
            count += leaves.erase(reason=Erasure.Reason.REQUEST, staff=erasure.staff, remark=erasure.remark)
        return count


def newest_of(seals: list[StoredSeal | None]) -> StoredSeal | None:
    return max(filter(None, seals), key=lambda seal: seal.number, default=None)
