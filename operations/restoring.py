"""Restore of a backup: replaces database and uploads, and records the restore among the consents."""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from consent.models import Erasure, Leaf, Restoration, Seal
from consent.stored_seal import SealMismatchError, StoredSeal, newest_seal_path, read_newest_seal, store_newest_seal
from editorial.models import ContentErasure
from operations.backups import KEY_FILES, Backup, BackupError
from operations.databases import DumpError, own_database
from operations.uploads import all_uploads
from security.files import write_atomically
from server.lock import restore_file


@dataclass(frozen=True)
class ErasureOnRequest:
    """An erasure after the backup was made, with the hashes of the erased records."""

    staff: str
    remark: str
    digests: list[str]


class Restore:
    """The steps of a restore. Nothing is written before `unpack`, and nothing is replaced before `switch`."""

    def __init__(self, backup: Backup, keys: Path | None = None):
        self.backup, self.keys = backup, keys
        self.database, self.uploads = own_database(), all_uploads()
        self.newest_seal: StoredSeal | None = None
        self.erasures: list[ErasureOnRequest] = []
        # From content, as `ContentErasure.objects.repeat` takes them.
        self.content_erasures: list[dict[str, Any]] = []

    def check(self):
        """Raise BackupError, DumpError or UploadsError if the backup is damaged or does not fit this installation."""
        kind = self.backup.manifest["database"]
        if kind != self.database.kind:
            raise BackupError(f"The backup contains a {kind} database, but DATABASE_URL is for {self.database.kind}.")
        if missing := set(self.backup.manifest["uploads"]) - {each.alias for each in self.uploads}:
            raise BackupError(
                f"The backup contains uploads of storages that settings.STORAGES does not have: {', '.join(missing)}."
            )
        known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        # Migrations of apps that are no longer installed remain in the table.
        installed = {config.label for config in apps.get_app_configs()}
        applied = [name for name in self.backup.contents.migrations if name.partition(".")[0] in installed]
        if newer := [name for name in applied if name not in known]:
            raise BackupError(
                f"The backup was made by a newer version of the program ({self.backup.manifest['program']}) with the "
                f"migration {newer[-1]}: install that version first."
            )
        if self.keys:
            for name in KEY_FILES:
                if not (self.keys / name).is_file():
                    raise BackupError(f"--keys: {self.keys / name} is missing.")
        parts = {each.part for each in self.uploads if each.alias in self.backup.manifest["uploads"]}
        self.backup.require_parts({self.database.part, *parts})
        for each in self.uploads:
            each.require_replaceable()
        self.backup.check()
        self.database.check(self.backup.part(self.database.part))

    def is_installation_empty(self) -> bool:
        """Whether there is nothing to lose. Raises DumpError if the current database cannot be read."""
        return not self.database.contents().rows and all(each.is_empty() for each in self.uploads)

    def read_current_data(self):
        """Read the data that the backup cannot contain: the newest seal, and later erasures on request."""
        seals = []
        # A restore must also work with damaged data.
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
        with suppress(DatabaseError):
            self.content_erasures = ContentErasure.objects.facts_since(self.backup.made_at)
        self.newest_seal = newest_of(seals)
        if restore_file().exists():
            self._read_interrupted()

    def _read_interrupted(self):
        """Add what an interrupted restore read before it replaced the database."""
        saved = json.loads(restore_file().read_text(encoding="utf-8"))
        if saved["newest_seal"]:
            self.newest_seal = newest_of([self.newest_seal, StoredSeal.parse(saved["newest_seal"])])
        erasures = [ErasureOnRequest(**each) for each in saved["erasures"]]
        self.erasures = [*erasures, *(each for each in self.erasures if each not in erasures)]
        facts = [each | {"erased_at": datetime.fromisoformat(each["erased_at"])} for each in saved["content_erasures"]]
        # It may have been the restore of an older backup.
        facts = [each for each in facts if each["erased_at"] >= self.backup.made_at]
        self.content_erasures = [*facts, *(each for each in self.content_erasures if each not in facts)]

    def save_current_data(self):
        """Store what `read_current_data` read, for a restore after this one was interrupted."""
        saved = {
            "backup": str(self.backup.folder.resolve()),
            "newest_seal": self.newest_seal and self.newest_seal.note,
            "erasures": [asdict(each) for each in self.erasures],
            "content_erasures": [each | {"erased_at": each["erased_at"].isoformat()} for each in self.content_erasures],
        }
        write_atomically(restore_file(), json.dumps(saved, ensure_ascii=False).encode(), is_durable=True)

    def unpack(self):
        """Unpack the uploads next to the current ones."""
        for each in self.uploads:
            if each.alias in self.backup.manifest["uploads"]:
                each.unpack(self.backup.part(each.part))

    def switch(self):
        """Replace the database, then the uploads. Until `finish`, the site does not start."""
        was_interrupted = restore_file().exists()
        self.save_current_data()
        try:
            self.database.replace(self.backup.part(self.database.part))
        except (DumpError, OSError):
            # The database is unchanged.
            if not was_interrupted:
                self.finish()
            raise
        for each in self.uploads:
            if each.alias in self.backup.manifest["uploads"]:
                each.replace()

    def finish(self):
        """Let the site start again."""
        restore_file().unlink(missing_ok=True)

    def remove_unfinished(self):
        """Remove unpacked uploads that were not put in place."""
        for each in self.uploads:
            shutil.rmtree(each.unfinished, ignore_errors=True)

    @staticmethod
    def replace_keys(keys: Path) -> list[str]:
        """Copy the keys to DATA_DIR, and rename different keys there. Return a sentence for each renamed key."""
        renamed = []
        for name in KEY_FILES:
            target, key = settings.DATA_DIR / name, (keys / name).read_bytes()
            if target.exists() and target.read_bytes() == key:
                continue
            if target.exists():
                previous = target.with_name(f"{name}.before-{timezone.now():%Y-%m-%dT%H-%M-%SZ}")
                target.rename(previous)
                renamed.append(f"{target} was replaced; the previous key is now {previous.name}.")
            write_atomically(target, key, is_durable=True)
        return renamed

    def verify_database(self):
        """Raise BackupError if the restored database differs from the one that was backed up."""
        if self.database.contents() != self.backup.contents:
            raise BackupError("The restored database does not have the rows that were backed up.")

    def record(self, external_seal: StoredSeal | None) -> Restoration:
        """Migrate the database, end all sessions, and record the restore among the consents.

        `external_seal` is a seal that was stored on another machine.
        """
        call_command("migrate", interactive=False, verbosity=0)
        Session.objects.all().delete()
        restoration = Seal.objects.continue_after_restore(
            newest_of([self.newest_seal, external_seal]), self.backup.made_at
        )
        # New seals continue the restored chain.
        newest = Seal.objects.latest_seal()
        if newest:
            store_newest_seal(newest.note)
        else:
            newest_seal_path().unlink(missing_ok=True)
        return restoration

    def repeat_erasures(self) -> int:
        """Repeat the erasures on request after the backup, and return the number of erased records."""
        count = 0
        for erasure in self.erasures:
            leaves = Leaf.objects.filter(digest__in=erasure.digests)
            count += leaves.erase(reason=Erasure.Reason.REQUEST, staff=erasure.staff, remark=erasure.remark)
        return count

    def repeat_content_erasures(self) -> list[str]:
        """Repeat the erasures of personal data from content after the backup. Return those that failed."""
        failed = []
        for facts in self.content_erasures:
            try:
                ContentErasure.objects.repeat(facts)
            except DatabaseError:
                # Such as a replacement that is now the key of another item. The others must still be repeated.
                failed.append(f"{facts['model']} {facts['object_id']}")
        return failed


def newest_of(seals: list[StoredSeal | None]) -> StoredSeal | None:
    return max(filter(None, seals), key=lambda seal: seal.number, default=None)
