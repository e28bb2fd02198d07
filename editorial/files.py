"""Uploaded files: how they are stored, which rows name them, and how those that no row names are deleted."""

import logging
import os
import tempfile
import time
import weakref
from datetime import timedelta
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import FileField, Model, Value
from django.dispatch import Signal

from editorial.models import slug_of

log = logging.getLogger(__name__)

# Sent with the `name` of an uploaded file after it was deleted.
file_deleted = Signal()

# A younger file may belong to a transaction that is not committed yet, or to a backup that is being restored.
ORPHAN_AGE = timedelta(days=1)
# Fewer orphans than this are deleted even where the database names fewer files still.
FEW_ORPHANS = 10


class PrivateStorage(FileSystemStorage):
    """Uploads in a folder that is never served as such; the URL of a file is the one for staff.

    A file is written under a temporary name and renamed when it is whole. Each file gets a new random name, so a name
    never means another file later, neither in a browser's cache nor in a transaction that still runs.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        path = PurePosixPath(name)
        stem = slug_of(path.stem)[:60].strip("-") or "file"
        ending = path.suffix.lower()
        return super().get_available_name(str(path.with_name(self.get_alternative_name(stem, ending))), max_length)

    def stage(self, content: File, folder: str) -> None:
        """Write `content` into `folder` under a temporary name, so that saving it later is only a rename.

        The temporary file is removed together with `content`, unless it was saved. Raises OSError and leaves no file
        where that fails.
        """
        directory = Path(self.path(folder))
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=directory)
        remove = weakref.finalize(content, Path(path).unlink, missing_ok=True)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            remove()
            raise
        content.staged_at, content.remove_staged = path, remove

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        if not hasattr(content, "staged_at"):
            self.stage(content, str(PurePosixPath(name).parent))
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(content.staged_at).rename(path)
        content.remove_staged.detach()
        del content.staged_at, content.remove_staged
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return name


def file_fields() -> list[FileField]:
    """Every field that names uploaded files."""
    return [
        field
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, FileField)
    ]


def models_naming(name: str) -> set[type[Model]]:
    """The models of which a row, published or not, names the file `name`; one query."""
    fields = file_fields()
    first, *others = [
        field.model._base_manager.filter(**{field.name: name}).order_by().values_list(Value(number))
        for number, field in enumerate(fields)
    ]
    return {fields[number].model for (number,) in first.union(*others)}


def named_files() -> set[str]:
    """The names of all uploaded files that a row names."""
    return {
        name
        for field in file_fields()
        for name in field.model._base_manager.values_list(field.name, flat=True).iterator()
        if name
    }


def delete_unless_named(name: str) -> None:
    """Delete the uploaded file `name` if no row names it any more; to be called after the commit."""
    if not models_naming(name):
        delete(name)


def delete(name: str) -> None:
    default_storage.delete(name)
    file_deleted.send(sender=None, name=name)


def delete_orphans(force: bool = False) -> int:
    """Delete uploaded files that no row names, as a crash or a rollback leaves them; return how many.

    With more orphans than named files this is probably the wrong database. Nothing is then deleted without `force`.
    """
    root = Path(default_storage.location)
    oldest = time.time() - ORPHAN_AGE.total_seconds()
    # The files before the rows: the row of a file that is listed may still be committed, and is then seen. The time of
    # the last change of the inode, because a restored backup keeps that of the content.
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
