"""The folders of uploaded files, each as one tar archive."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages


class UploadsError(Exception):
    """An archive holds something else than uploaded files."""


@dataclass(frozen=True)
class Uploads:
    """The folder of one storage of settings.STORAGES."""

    alias: str
    folder: Path

    @property
    def part(self) -> str:
        return f"uploads-{self.alias}.tar"

    def files(self) -> Iterator[Path]:
        for folder, _folders, names in os.walk(self.folder):
            for name in sorted(names):
                yield Path(folder) / name

    def is_empty(self) -> bool:
        return next(self.files(), None) is None

    def pack(self, target: Path) -> int:
        """Write all files into the archive `target`, and return how many. One that is deleted meanwhile is left out."""
        count = 0
        with target.open("wb") as file, tarfile.open(fileobj=file, mode="w|") as archive:
            for path in self.files():
                try:
                    source = path.open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    # Of the open file: its size is what is read, whatever takes its place.
                    member = archive.gettarinfo(arcname=str(path.relative_to(self.folder)), fileobj=source)
                    archive.addfile(member, source)
                count += 1
        return count

    def count(self, archive: Path) -> int:
        """The files in an archive, all of it read."""
        with tarfile.open(archive, mode="r|") as source:
            return sum(member.isfile() for member in source)

    @property
    def unfinished(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.restoring")

    @property
    def replaced(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.replaced")

    def unpack(self, archive: Path):
        """Unpack beside the folder. `put_in_place` then switches."""
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.unfinished.mkdir(parents=True)
        with tarfile.open(archive, mode="r|") as source:
            for member in source:
                target = Path(os.path.normpath(self.unfinished / member.name))
                if not member.isfile() or self.unfinished not in target.parents:
                    raise UploadsError(f"{archive} holds {member.name}, which is no uploaded file.")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    shutil.copyfileobj(source.extractfile(member), file)
                target.chmod(member.mode & 0o666)
                os.utime(target, (member.mtime, member.mtime))
        os.sync()

    def put_in_place(self):
        """Take the folder away and put what was unpacked in its place."""
        shutil.rmtree(self.replaced, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(self.replaced)
        self.unfinished.rename(self.folder)
        shutil.rmtree(self.replaced, ignore_errors=True)


def all_uploads() -> list[Uploads]:
    """Every storage of uploads in a folder of this machine, each folder once; a folder within another goes with it."""
    found = []
    for alias in storages.backends:
        storage = storages[alias]
        if alias != "staticfiles" and isinstance(storage, FileSystemStorage):
            found.append(Uploads(alias, Path(storage.location)))
    return [
        uploads
        for number, uploads in enumerate(found)
        if not any(
            other.folder in uploads.folder.parents or (other.folder == uploads.folder and earlier < number)
            for earlier, other in enumerate(found)
        )
    ]
