"""A backup: a folder with the database, the uploads and a manifest that lists them with their checksums."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from consent.models import Seal
from consent.signing import SealKey
from operations.databases import CHUNK, Contents, own_database
from operations.uploads import all_uploads

FORMAT = 1
MANIFEST = "manifest.json"
NAME = "backup-%Y-%m-%dT%H-%M-%SZ"
KEYS_NAME = "keys-%Y-%m-%dT%H-%M-%SZ"
# A backup that is not whole yet, or no longer; what a run that was killed left behind goes with the next one.
UNFINISHED = ".unfinished-"
KEY_FILES = ("secret_key", "consent_seal_key")
KEYS_README = """\
The keys of the site, as they lie in its DATA_DIR. Keep them apart from the backups: whoever has both can sign in as
anybody and forge the record of consents. Nobody can make the key of the seals anew.
"""


class BackupError(Exception):
    """A backup is not whole, or could not be written or restored; says why in one sentence."""

    @classmethod
    def of(cls, error: OSError, folder: Path) -> "BackupError":
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return cls(f"There is no room left for {error.filename or folder}.")
        return cls(f"{error.filename or folder}: {error.strerror}.")


@dataclass(frozen=True)
class Backup:
    """A whole backup on disk."""

    folder: Path
    manifest: dict

    @classmethod
    def open(cls, folder: Path) -> "Backup":
        """Read the manifest of the backup in `folder`. Raises BackupError."""
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            others = whole_backups(folder) if folder.is_dir() else []
            newest = f" Its newest backup is {others[-1]}." if others else ""
            raise BackupError(f"{folder} is no backup: it has no {MANIFEST}.{newest}") from error
        except ValueError as error:
            raise BackupError(f"{folder / MANIFEST} is damaged.") from error
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise BackupError(f"{folder} was made by a version of the program whose backups this one cannot read.")
        return cls(folder, manifest)

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["made_at"])

    @property
    def contents(self) -> Contents:
        return Contents(**self.manifest["contents"])

    def part(self, name: str) -> Path:
        return self.folder / name

    def check(self):
        """Read every part again and compare it with the manifest. Raises BackupError."""
        for name, facts in self.manifest["parts"].items():
            try:
                found = checksum(self.part(name))
            except OSError as error:
                raise BackupError(f"{self.part(name)} cannot be read: {error.strerror}.") from error
            if found != facts:
                raise BackupError(f"{self.part(name)} is not the file that was backed up: its checksum differs.")


def checksum(file: Path) -> dict:
    """Size and SHA-256 of a file, read piece by piece."""
    digest, size = sha256(), 0
    with file.open("rb") as source:
        while piece := source.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def whole_backups(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"backup-*/{MANIFEST}"))


def write_backup(to: Path) -> Backup:
    """Back up database and uploads into a new folder in `to`; whole or not at all. Raises BackupError, OSError."""
    with writing_into(to, NAME) as (unfinished, final):
        database, uploads = own_database(), all_uploads()
        if nested := [each.folder for each in uploads if each.folder in (to.resolve(), *to.resolve().parents)]:
            raise BackupError(f"{to} lies within the uploads in {nested[0]}: choose another folder.")
        made_at = timezone.now()
        contents = database.dump(unfinished / database.part)
        files = {each.alias: each.pack(unfinished / each.part) for each in uploads}
        names = [database.part, *(each.part for each in uploads)]
        for name in names:
            synchronise(unfinished / name)
        manifest = {
            "format": FORMAT,
            "made_at": made_at.isoformat(),
            "program": program_version(),
            "database": database.kind,
            "contents": asdict(contents),
            "uploads": files,
            "parts": {name: checksum(unfinished / name) for name in names},
        }
        write_file(unfinished / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        database.check(unfinished / database.part)
        for each in uploads:
            if each.count(unfinished / each.part) != files[each.alias]:
                raise BackupError(f"{each.part} cannot be read back as it was written.")
    return Backup.open(final)


def require_apart(keys: Path, backups: Path):
    """Raise BackupError where one of the folders is the other or lies in it."""
    one, other = keys.resolve(), backups.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise BackupError("--keys: choose a folder apart from --to. Whoever has both can forge the record of consents.")


def write_keys(to: Path) -> Path:
    """Copy the keys into a new folder in `to`."""
    with writing_into(to, KEYS_NAME) as (unfinished, final):
        write_file(unfinished / "README", KEYS_README.encode())
        write_file(unfinished / "secret_key", settings.SECRET_KEY.encode())
        # Before the first seal there is no key yet; later a missing one is not replaced in silence.
        key = SealKey.own() if Seal.objects.exists() else SealKey.own_or_create()
        write_file(unfinished / "consent_seal_key", key.private.private_bytes_raw())
    return final


def remove_older(folder: Path, keep: int) -> int:
    """Remove all but the newest `keep` backups of a folder, and return how many."""
    outdated = whole_backups(folder)[:-keep]
    for path in outdated:
        # Renamed first, so that what is half removed never passes for a backup.
        doomed = path.with_name(f"{UNFINISHED}{path.name}")
        path.rename(doomed)
        shutil.rmtree(doomed)
    return len(outdated)


@contextmanager
def writing_into(folder: Path, name: str):
    """An unfinished folder in `folder`, and the one that it becomes when all is written. One writer at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"Another backup is being written to {folder}.") from error
        for abandoned in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(abandoned)
        while (final := folder / datetime.now(UTC).strftime(name)).exists():
            time.sleep(0.1)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
        try:
            yield unfinished, final
            synchronise(unfinished)
            unfinished.rename(final)
            os.fsync(descriptor)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    finally:
        os.close(descriptor)


def synchronise(path: Path):
    """Wait until a file or a folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes):
    path.write_bytes(content)
    synchronise(path)


def program_version() -> str:
    """The commit or tag of the program, as git names it; empty where it is no checkout."""
    # The checkout may belong to another user than the site's.
    command = ["git", "-c", "safe.directory=*", "-C", str(settings.BASE_DIR), "describe", "--tags", "--always"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except OSError:
        return ""
