"""Backup and restore of the folders with uploads, each as a tar archive."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages

# Folders of a restore in a folder of uploads. Inside of it, because it may be a mount point or a symbolic link.
UNFINISHED, REPLACED = ".restoring", ".replaced"
# Names in a folder of uploads that are no uploads. The last one is in the root of a file system.
NO_UPLOADS = {UNFINISHED, REPLACED, "lost+found"}


class UploadsError(Exception):
    """An archive contains something other than regular files below its root, or a folder cannot be replaced."""


@dataclass(frozen=True)
class Uploads:
    """The folder of one storage in settings.STORAGES."""

    alias: str
    folder: Path

    @property
    def part(self) -> str:
        return f"uploads-{self.alias}.tar"

    def files(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.folder):
            if Path(folder) == self.folder:
                folders[:] = [name for name in folders if name not in NO_UPLOADS]
            for name in sorted(names):
                yield Path(folder) / name

    def is_empty(self) -> bool:
        return next(self.files(), None) is None

    def pack(self, target: Path) -> int:
        """Write all files to the archive `target`, and return their number. Files that disappear are skipped."""
        count = 0
        with target.open("wb") as file, tarfile.open(fileobj=file, mode="w|") as archive:
            for path in self.files():
                try:
                    source = path.open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    # Size of the open file, because the path may be replaced by another file.
                    member = archive.gettarinfo(arcname=str(path.relative_to(self.folder)), fileobj=source)
                    archive.addfile(member, source)
                count += 1
        return count

    def count(self, archive: Path) -> int:
        """Read the whole archive, and return the number of files in it."""
        with tarfile.open(archive, mode="r|") as source:
            return sum(member.isfile() for member in source)

    @property
    def unfinished(self) -> Path:
        return self.folder / UNFINISHED

    @property
    def replaced(self) -> Path:
        return self.folder / REPLACED

    def children(self) -> list[Path]:
        """Return the current files and folders of the first level."""
        return [path for path in self.folder.iterdir() if path.name not in NO_UPLOADS] if self.folder.exists() else []

    def require_replaceable(self):
        """Raise UploadsError if `replace` would fail because of permissions or mount points."""
        if self.folder.exists() and not os.access(self.folder, os.W_OK | os.X_OK):
            raise UploadsError(f"{self.folder} cannot be replaced: this user cannot write to it.")
        for child in self.children():
            if child.is_mount():
                raise UploadsError(f"{child} cannot be replaced: it is a mount point. Mount {self.folder} instead.")
            if child.is_dir() and not child.is_symlink() and not os.access(child, os.W_OK):
                raise UploadsError(f"{child} cannot be replaced: this user cannot write to it.")

    def unpack(self, archive: Path):
        """Unpack to the folder `unfinished`. `replace` then puts its files in the place of the current ones.

        Raises UploadsError.
        """
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir(parents=True)
        try:
            self._unpack(archive)
        except tarfile.TarError as error:
            raise UploadsError(f"{archive} is damaged: {error}.") from error
        os.sync()

    def _unpack(self, archive: Path):
        with tarfile.open(archive, mode="r|") as source:
            for member in source:
                target = Path(os.path.normpath(self.unfinished / member.name))
                content = source.extractfile(member) if member.isfile() else None
                if content is None or self.unfinished not in target.parents:
                    raise UploadsError(f"{archive} contains {member.name}, which is not an uploaded file.")
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, target.open("xb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(member.mode & 0o666)
                os.utime(target, (member.mtime, member.mtime))

    def replace(self):
        """Replace the files by the unpacked ones."""
        shutil.rmtree(self.replaced, ignore_errors=True)
        self.replaced.mkdir()
        for child in self.children():
            child.rename(self.replaced / child.name)
        for child in self.unfinished.iterdir():
            child.rename(self.folder / child.name)
        self.unfinished.rmdir()
        os.sync()
        shutil.rmtree(self.replaced, ignore_errors=True)


def all_uploads() -> list[Uploads]:
    """Return the storages of uploads on this machine. Folders inside another one and duplicates are left out."""
    uploads = []
    for alias in storages.backends:
        storage = storages[alias]
        if alias != "staticfiles" and isinstance(storage, FileSystemStorage):
            uploads.append(Uploads(alias, Path(storage.location).resolve()))
    return [
        each
        for position, each in enumerate(uploads)
        if not any(
            other.folder in each.folder.parents or (other.folder == each.folder and earlier < position)
            for earlier, other in enumerate(uploads)
        )
    ]
