"""Access to uploaded files for visitors and staff."""

from pathlib import Path

from django.contrib import admin
from django.core.files.storage import default_storage, storages
from django.db.models import Model
from django.http import HttpRequest

from editorial.files import delete_orphans, file_fields, models_naming
from editorial.models import Content, RevisionFile
from pictures.models import RENDITIONS_FOLDER, Picture


def is_rendition(name: str) -> bool:
    return name.startswith(f"{RENDITIONS_FOLDER}/")


def upload_name(name: str) -> str:
    """Return `name` if it is an upload, or the name of the upload of the rendition `name`."""
    if not is_rendition(name):
        return name
    folder = name.removeprefix(f"{RENDITIONS_FOLDER}/").partition("/")[0]
    return f"{Picture.file.field.upload_to}/{folder.rpartition('-')[0]}"


def is_public(name: str) -> bool:
    """Whether a published item uses the file `name`. Takes one query.

    The renditions of a picture are public. Its upload is public only while pages show it instead of missing renditions.
    """
    if not name or not name.isprintable():
        return False
    if name.startswith(f"{Picture.file.field.upload_to}/"):
        fields = ("file", "width", "height", "focal_x", "focal_y")
        picture = Picture.objects.public().filter(file=upload_name(name)).only(*fields).first()
        if picture is None:
            return False
        return name in picture.rendition_names if is_rendition(name) else picture.is_upload_shown
    first, *others = [
        field.model.objects.published().filter(**{field.name: name}).order_by().values("pk")
        for field in file_fields()
        if issubclass(field.model, Content) and field.model is not Picture
    ]
    return first.union(*others).exists()


def file_path(name: str) -> Path:
    """Return the path of the file `name`. Raises SuspiciousFileOperation for a path outside of the storage."""
    storage = storages["renditions"] if is_rendition(name) else default_storage
    return Path(storage.path(name))


def can_view_file(request: HttpRequest, name: str) -> bool:
    """Whether the user may view a model with a row that names the file, or a model that can use it as a picture.

    The rows of deleted and past items are those of their revisions.
    """
    upload = upload_name(name)
    models = models_naming(upload) if name.isprintable() else set()
    if RevisionFile in models:
        models |= RevisionFile.kinds_naming(upload)
    if Picture in models:
        models |= {relation.related_model for relation in Picture.relations()}
    return any(can_view(request, model) for model in models)


def can_view(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request)


def delete_orphaned_files(force: bool = False) -> int:
    """Delete uploads that no row names and renditions that no picture uses. Return the number of files and folders.

    A file is normally deleted together with its row. This finds files that a crash, a rollback or plain SQL left.
    """
    return delete_orphans(force) + Picture.objects.delete_unused_renditions()
