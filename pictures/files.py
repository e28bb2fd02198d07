"""Access to uploaded files: visitors while a published item uses it, staff who may see what names it."""

from pathlib import Path

from django.contrib import admin
from django.core.files.storage import default_storage, storages
from django.db.models import Model
from django.http import HttpRequest

from editorial.files import delete_orphans, file_fields, models_naming
from editorial.models import Content
from pictures.models import SIZES_FOLDER, Picture


def is_rendition(name: str) -> bool:
    return name.startswith(f"{SIZES_FOLDER}/")


def original_of(name: str) -> str:
    """The name of the upload that the file `name` is, or was made of."""
    if not is_rendition(name):
        return name
    folder = name.removeprefix(f"{SIZES_FOLDER}/").partition("/")[0]
    return f"{Picture.file.field.upload_to}/{folder.rpartition('-')[0]}"


def is_public(name: str) -> bool:
    """Whether a published item uses the file `name`; one query.

    Of a picture its sizes are public, and the original only while pages show it in place of a missing size.
    """
    if not name or not name.isprintable():
        return False
    if name.startswith(f"{Picture.file.field.upload_to}/"):
        fields = ("file", "width", "height", "focal_x", "focal_y")
        picture = Picture.objects.live().filter(file=original_of(name)).only(*fields).first()
        if picture is None:
            return False
        return name in picture.size_names if is_rendition(name) else picture.shows_original
    first, *others = [
        field.model.objects.published().filter(**{field.name: name}).order_by().values("pk")
        for field in file_fields()
        if issubclass(field.model, Content) and field.model is not Picture
    ]
    return first.union(*others).exists()


def path_of(name: str) -> Path:
    """Where the file `name` lies. Raises SuspiciousFileOperation for a path that leads elsewhere."""
    storage = storages["renditions"] if is_rendition(name) else default_storage
    return Path(storage.path(name))


def may_see(request: HttpRequest, name: str) -> bool:
    """Whether this member of staff may see something that names the file, or may choose it as a picture."""
    models = models_naming(original_of(name)) if name.isprintable() else set()
    if Picture in models:
        models |= {relation.related_model for relation in Picture.relations()}
    return any(may_view(request, model) for model in models)


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request)


def delete_orphaned_files(force: bool = False) -> int:
    """Delete uploads that no row names and sizes that no picture uses; return how many files and folders that were.

    Files are deleted when the row that named them changes. This finds what a crash, a rollback or SQL left behind, and
    is to be called from time to time.
    """
    return delete_orphans(force) + Picture.objects.remove_unused_sizes()
