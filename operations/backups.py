"""Backups: folders with a database dump, archives of uploads, and a manifest with their checksums."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from consent.models import Seal
from consent.signing import SealKey
from operations.databases import CHUNK_SIZE, Contents, own_database
from operations.uploads import all_uploads

FORMAT = 1
MANIFEST = "manifest.json"
# Fields of the manifest.
FIELDS = {
    "format": int,
    "made_at": str,
    "program": str,
    "database": str,
    "database_versions": dict,
    "contents": dict,
    "uploads": dict,
    "parts": dict,
}
NAME = "backup-%Y-%m-%dT%H-%M-%SZ"
KEYS_NAME = "keys-%Y-%m-%dT%H-%M-%SZ"
# Prefix of backups that are being written or removed. The next run removes those of a run that was killed.
UNFINISHED = ".unfinished-"
KEY_FILES = ("secret_key", "consent_seal_key")
KEYS_README = """\
Copies of the keys in the DATA_DIR of the site. Store them apart from the backups: with both, anyone can sign in as any
user and forge the consent records. If the key of the seals is lost: docs/deployment.md, The key of the seals.
"""


class BackupError(Exception):
    """A backup is incomplete, or cannot be written or restored. The message states the reason."""

    @classmethod
    def of(cls, error: OSError, folder: Path) -> "BackupError":
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return cls(f"There is no space left for {error.filename or folder}.")
        return cls(f"{error.filename or folder}: {error.strerror}.")


@dataclass(frozen=True)
class Backup:
    """A complete backup on disk."""

    folder: Path
    manifest: dict

    @classmethod
    def open(cls, folder: Path) -> "Backup":
        """Read the manifest of the backup in `folder`. Raises BackupError."""
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            backups = complete_backups(folder) if folder.is_dir() else []
            newest = f" The newest backup in it is {backups[-1]}." if backups else ""
            raise BackupError(f"{folder} is not a backup: it has no {MANIFEST}.{newest}") from error
        except ValueError as error:
            raise BackupError(f"{folder / MANIFEST} is damaged.") from error
        backup = cls(folder, manifest)
        backup.validate()
        return backup

    def validate(self):
        """Raise BackupError if the manifest is damaged, or has fields that this version does not know."""
        damaged = BackupError(f"{self.folder / MANIFEST} is damaged.")
        if not isinstance(self.manifest, dict) or not isinstance(self.manifest.get("format"), int):
            raise damaged
        contents: Any = self.manifest.get("contents")
        known = {field.name for field in fields(Contents)}
        unknown = self.manifest.keys() - FIELDS or (isinstance(contents, dict) and contents.keys() - known)
        if self.manifest["format"] > FORMAT or unknown:
            raise BackupError(f"{self.folder} was made by a newer version of the program: install that version first.")
        if (
            any(not isinstance(self.manifest.get(name), kind) for name, kind in FIELDS.items())
            or contents.keys() != known
        ):
            raise damaged
        try:
            is_valid = self.made_at.tzinfo is not None
        except ValueError:
            is_valid = False
        if not is_valid or not isinstance(contents["rows"], dict) or not isinstance(contents["migrations"], list):
            raise damaged

    def require_parts(self, names: set[str]):
        """Raise BackupError if the manifest has no checksum of one of these parts."""
        if missing := names - self.manifest["parts"].keys():
            raise BackupError(f"{self.folder / MANIFEST} is damaged: it has no checksum of {min(missing)}.")

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["made_at"])

    @property
    def contents(self) -> Contents:
        return Contents(**self.manifest["contents"])

    def part(self, name: str) -> Path:
        return self.folder / name

    def check(self):
        """Compare the checksum of each part with the manifest. Raises BackupError."""
        for name, expected in self.manifest["parts"].items():
            try:
                actual = checksum(self.part(name))
            except OSError as error:
                raise BackupError(f"{self.part(name)} cannot be read: {error.strerror}.") from error
            if actual != expected:
                raise BackupError(f"{self.part(name)} is damaged: its checksum differs from the manifest.")


def checksum(file: Path) -> dict[str, int | str]:
    """Return the size and the SHA-256 digest of a file."""
    digest, size = sha256(), 0
    with file.open("rb") as source:
        while chunk := source.read(CHUNK_SIZE):
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def complete_backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"backup-*/{MANIFEST}"))


def names_in_the_future(folder: Path, written: Path) -> list[Path]:
    """Return the backups whose names are later than that of the newest one."""
    return [path for path in complete_backups(folder) if path.name > written.name]


def write_backup(to: Path) -> Backup:
    """Back up database and uploads to a new folder in `to`. After an error there is no such folder.

    Raises BackupError, DumpError or OSError.
    """
    with writing_into(to, NAME) as (unfinished, final):
        database, uploads = own_database(), all_uploads()
        for each in uploads:
            if each.folder in (to.resolve(), *to.resolve().parents):
                raise BackupError(f"{to} is inside the uploads in {each.folder}: choose another folder.")
        made_at = timezone.now()
        contents = database.dump(unfinished / database.part)
        files = {each.alias: each.pack(unfinished / each.part) for each in uploads}
        names = [database.part, *(each.part for each in uploads)]
        for name in names:
            fsync(unfinished / name)
        manifest = {
            "format": FORMAT,
            "made_at": made_at.isoformat(),
            "program": program_version(),
            "database": database.kind,
            "database_versions": database.versions,
            "contents": asdict(contents),
            "uploads": files,
            "parts": {name: checksum(unfinished / name) for name in names},
        }
        write_file(unfinished / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        database.check(unfinished / database.part)
        for each in uploads:
            if each.count(unfinished / each.part) != files[each.alias]:
                raise BackupError(f"{each.part} does not contain all files that were written to it.")
    return Backup.open(final)


def require_separate_folders(keys: Path, backups: Path):
    """Raise BackupError if one of the folders is the other or inside the other."""
    keys, backups = keys.resolve(), backups.resolve()
    if keys == backups or keys in backups.parents or backups in keys.parents:
        raise BackupError("--keys: choose a folder apart from --to. With both, anyone can forge the consent records.")


def write_keys(to: Path) -> Path:
    """Copy the keys to a new folder in `to`, and return it. Raises BackupError, OSError or SealKeyError."""
    with writing_into(to, KEYS_NAME) as (unfinished, final):
        write_file(unfinished / "README", KEYS_README.encode())
        write_file(unfinished / "secret_key", settings.SECRET_KEY.encode())
        # A key is created before the first seal only. After that, a missing key raises SealKeyError.
        key = SealKey.own() if Seal.objects.exists() else SealKey.own_or_create()
        write_file(unfinished / "consent_seal_key", key.private.private_bytes_raw())
    return final


def remove_older(folder: Path, keep: int, written: Path) -> int:
    """Remove all but the newest `keep` backups of a folder, and return the number of removed backups.

    The backup `written` is kept, and those with later names, which a wrong clock has made.
    """
    outdated = [path for path in complete_backups(folder) if path.name < written.name]
    outdated = outdated[: len(outdated) - keep + 1]
    for path in outdated:
        # Renamed first, so that a partly removed folder does not count as a backup.
        unfinished = path.with_name(f"{UNFINISHED}{path.name}")
        path.rename(unfinished)
        shutil.rmtree(unfinished)
    return len(outdated)


@contextmanager
def writing_into(folder: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Create a temporary folder in `folder`, and rename it at the end of the block. Yields its path and the final path.

    `name` is a format for strftime. Raises BackupError if another process is writing to `folder`.
    """
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
            fsync(unfinished)
            unfinished.rename(final)
            os.fsync(descriptor)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    finally:
        os.close(descriptor)


def fsync(path: Path):
    """Write the buffers of a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes):
    path.write_bytes(content)
    fsync(path)


def program_version() -> str:
    """Return the tag or commit of the program, or "" if it is not a git checkout."""
    # git refuses checkouts of another user without safe.directory.
    command = ["git", "-c", "safe.directory=*", "-C", str(settings.BASE_DIR), "describe", "--tags", "--always"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except OSError:
        return ""
