"""Uploaded files: their storage, the rows that name them, and the deletion of orphans."""

import logging
import os
import tempfile
import time
import weakref
from datetime import timedelta
from pathlib import Path, PurePosixPath
from weakref import WeakKeyDictionary

from django.apps import apps
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import FileField, Model, Value
from django.dispatch import Signal

from editorial.images import MAX_STEM_LENGTH
from editorial.models import slug_of

log = logging.getLogger(__name__)

# Sent with the `name` of an uploaded file after it was deleted.
file_deleted = Signal()

# A younger file may belong to an open transaction or to a backup that is being restored.
ORPHAN_AGE = timedelta(days=1)
# This number of orphans is always deleted, even if the database names fewer files.
FEW_ORPHANS = 10


class PrivateStorage(FileSystemStorage):
    """Storage of uploads in a folder that no server serves. The URL of a file is the one for staff.

    A file is written under a temporary name and renamed when it is complete. Each file gets a random name, so that a
    name is never used again. Browser caches and open transactions rely on this.
    """

    # Temporary file of each content that `stage` wrote → a finalizer that deletes the file.
    staged: WeakKeyDictionary[File, tuple[Path, weakref.finalize]] = WeakKeyDictionary()

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        path = PurePosixPath(name)
        stem = slug_of(path.stem)[:MAX_STEM_LENGTH].strip("-") or "file"
        ending = path.suffix.lower()
        return super().get_available_name(str(path.with_name(self.get_alternative_name(stem, ending))), max_length)

    def stage(self, content: File, folder: str) -> None:
        """Write `content` into `folder` under a temporary name, so that saving it later is only a rename.

        If `content` is not saved, the temporary file is deleted together with it. Raises OSError and leaves no file if
        writing fails.
        """
        directory = Path(self.path(folder))
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=directory)
        delete_temporary = weakref.finalize(content, Path(path).unlink, missing_ok=True)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            delete_temporary()
            raise
        self.staged[content] = Path(path), delete_temporary

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        if content not in self.staged:
            self.stage(content, str(PurePosixPath(name).parent))
        temporary, delete_temporary = self.staged.pop(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(path)
        delete_temporary.detach()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return name


def file_fields() -> list[FileField]:
    """Return all file fields of all models."""
    return [
        field
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, FileField)
    ]


def models_naming(name: str) -> set[type[Model]]:
    """Return the models with a row, published or not, that names the file `name`. Takes one query."""
    fields = file_fields()
    first, *others = [
        field.model._base_manager.filter(**{field.name: name}).order_by().values_list(Value(number))
        for number, field in enumerate(fields)
    ]
    return {fields[number].model for (number,) in first.union(*others)}


def named_files() -> set[str]:
    """Return the names of all uploaded files that a row names."""
    return {
        name
        for field in file_fields()
        for name in field.model._base_manager.values_list(field.name, flat=True).iterator()
        if name
    }


def delete_unless_named(name: str) -> None:
    """Delete the uploaded file `name` if no row names it. Call this after the commit."""
    if not models_naming(name):
        delete(name)


def delete(name: str) -> None:
    default_storage.delete(name)
    file_deleted.send(sender=None, name=name)


def delete_orphans(force: bool = False) -> int:
    """Delete uploaded files that no row names, as after a crash or a rollback. Return their number.

    If there are more orphans than named files, the database is probably the wrong one. Then nothing is deleted without
    `force`.
    """
    root = Path(default_storage.path(""))
    oldest = time.time() - ORPHAN_AGE.total_seconds()
    # List the files before the rows, so that the row of a listed file is found if it is committed meanwhile. ctime and
    # not mtime, because restoring a backup sets mtime to an old time.
    files = [path for path in root.rglob("*") if path.is_file() and path.stat().st_ctime < oldest]
    named = named_files()
    orphans = [name for path in files if (name := path.relative_to(root).as_posix()) not in named]
    if len(orphans) > max(FEW_ORPHANS, len(named)) and not force:
        log.warning(
            "%s holds %d files that the database does not name, and it names %d. Nothing was deleted: check that "
            "DATABASE_URL and DATA_DIR belong together, then run manage.py delete_orphaned_files --force.",
            root,
            len(orphans),
            len(named),
        )
        return 0
    for name in orphans:
        delete(name)
    return len(orphans)
