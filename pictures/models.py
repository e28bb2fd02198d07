"""Picture library: photos and drawings with their texts, rights and renditions."""

import glob
import shutil
import time
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname
from PIL import Image

from editorial.fields import PictureField
from editorial.files import file_deleted
from editorial.models import Content, ContentQuerySet
from pictures import renditions
from pictures.renditions import Rendition, Source

RENDITIONS_FOLDER = "pictures/sizes"
# Seconds after which an unfinished folder is deleted. Another process may still be writing a younger one.
WRITE_TIMEOUT = 60 * 60
# Seconds of one run of the job, because the other jobs wait for it.
RUN_TIMEOUT = 20


class RenditionError(Exception):
    """The renditions of some pictures could not be made. Pages show the uploads instead."""


class PictureQuerySet(ContentQuerySet["Picture"]):
    def public(self) -> Self:
        """Published pictures that a published item uses."""
        used = Q()
        for relation in self.model.relations():
            if issubclass(relation.related_model, Content):
                items = relation.related_model.objects.published()
                used |= Q(Exists(items.filter(**{relation.field.name: OuterRef("pk")})))
        return self.published().filter(used)

    def make_missing_renditions(self) -> None:
        """Make missing renditions for `RUN_TIMEOUT` seconds. Raises RenditionError if some could not be made."""
        end, errors = time.monotonic() + RUN_TIMEOUT, []
        for picture in self.model.objects.all():
            if time.monotonic() > end:
                break
            if picture.has_renditions:
                continue
            try:
                picture.make_renditions()
            except (OSError, ValueError) as error:
                errors.append(f"{picture.file.name} ({error})")
        if errors:
            raise RenditionError(f"No renditions could be made of {', '.join(errors)}")

    def delete_unused_renditions(self) -> int:
        """Delete the folders of renditions that no picture uses. Return their number."""
        root = Path(storages["renditions"].path(RENDITIONS_FOLDER))
        # List the folders before the pictures: a folder is made after its picture was committed.
        folders = list(root.glob("*"))
        pictures = self.only("file", "width", "height", "focal_x", "focal_y").iterator()
        used = {picture.renditions_path.name for picture in pictures}
        unused = [folder for folder in folders if folder.name not in used and not is_being_written(folder)]
        for folder in unused:
            shutil.rmtree(folder)
        return len(unused)


def is_being_written(folder: Path) -> bool:
    """Whether `folder` is unfinished and recent, so that a process is probably writing it."""
    return folder.name.startswith(".") and folder.stat().st_mtime > time.time() - WRITE_TIMEOUT


PictureManager = models.Manager.from_queryset(PictureQuerySet)


class Picture(Content):
    """A photo or drawing with its description and credit, for use on any number of pages."""

    content_section = "pictures"
    heading_field = "name"

    name = models.CharField(
        _("name"),
        max_length=120,
        help_text=_("Staff use this name to find the picture. Visitors do not see it."),
    )
    file = PictureField(
        _("file"),
        upload_to="pictures",
        width_field="width",
        height_field="height",
        help_text=_(
            "PNG, JPEG or WebP, up to 30 MB. A width of 1728 pixels or more looks sharp everywhere. "
            "Hidden data, such as the place where a photo was taken, is removed."
        ),
    )
    # After `file`, which sets them.
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    colour = models.CharField(_("average colour"), max_length=7, blank=True, editable=False)
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_(
            "Describe the picture for people who cannot see it. Required in the first language of this site, "
            "unless the picture is decorative."
        ),
    )
    is_decorative = models.BooleanField(
        _("decorative"),
        default=False,
        help_text=_("Tick if the picture adds no information. Screen readers then skip it."),
    )
    caption = models.CharField(
        _("caption"), max_length=300, blank=True, help_text=_("Shown below the picture if the page has space for it.")
    )
    credit = models.CharField(
        _("credit"),
        max_length=200,
        blank=True,
        help_text=_("The author or source, such as: Photo: the university's press office."),
    )
    licence = models.CharField(
        _("licence"),
        max_length=100,
        blank=True,
        help_text=_("The licence that allows its use here, such as CC BY 4.0."),
    )
    licence_url = models.URLField(
        _("address of the licence"), blank=True, help_text=_("Where the licence can be read, with https:// in front.")
    )
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, from the left"),
        default=50,
        validators=[MaxValueValidator(100)],
        help_text=_(
            "In per cent of the width. This point stays visible when a page crops the picture. You "
            "can also click on the picture."
        ),
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, from the top"),
        default=50,
        validators=[MaxValueValidator(100)],
        help_text=_("In per cent of the height."),
    )

    objects: ClassVar[PictureManager["Picture"]] = PictureManager()

    class Meta(Content.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("name", "pk")
        indexes = [models.Index(fields=["file"], name="picture_of_file")]
        constraints = [
            models.CheckConstraint(
                condition=Q(focal_x__lte=100) & Q(focal_y__lte=100),
                name="focal_point_in_picture",
                violation_error_message=_("The focal point lies outside the picture. Give both numbers from 0 to 100."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def key_source(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.licence_url and not self.licence:
            raise ValidationError({"licence": _("Enter the name of the licence at this address, such as CC BY 4.0.")})
        alt_name = build_localized_fieldname("alt", settings.LANGUAGE_CODE)
        has_alt = bool(getattr(self, alt_name))
        if self.is_decorative and has_alt:
            raise ValidationError(
                {alt_name: _("A decorative picture has no alternative text. Empty this field, or untick “Decorative”.")}
            )
        if not self.is_decorative and not has_alt:
            raise ValidationError(
                {alt_name: _("Describe the picture for people who cannot see it, or mark it as decorative.")}
            )

    def save(self, *args, **kwargs):
        """Save the picture. Its renditions are made after the commit, and an error in making them is only logged."""
        super().save(*args, **kwargs)
        # The file or the focal point may have changed.
        self.__dict__.pop("rendition_files", None)
        if not self.has_renditions:
            transaction.on_commit(self.make_renditions, robust=True)

    def make_renditions(self) -> None:
        """Write the renditions and store the average colour. Raises OSError and leaves the old files if that fails."""
        with self.file.storage.open(self.file_name) as file, Image.open(file) as image:
            self.colour = renditions.write_renditions(image, self.renditions_path, self.focal_point)
        # Saving invalidates cached pages that show the upload.
        super().save(update_fields=["colour", "updated_at"])
        self.__dict__.pop("rendition_files", None)

    @property
    def file_name(self) -> str:
        """The name of the upload in its storage."""
        return self.file.name or ""

    @property
    def focal_point(self) -> tuple[int, int]:
        return self.focal_x, self.focal_y

    @property
    def renditions_path(self) -> Path:
        """The folder of the renditions."""
        folder = renditions.folder_name(self.file_name, self.focal_point)
        return Path(storages["renditions"].path(f"{RENDITIONS_FOLDER}/{folder}"))

    @cached_property
    def rendition_files(self) -> set[str]:
        """The names of the renditions in their folder. Empty while they are missing."""
        try:
            return {path.name for path in self.renditions_path.iterdir()}
        except OSError:
            return set()

    @property
    def has_renditions(self) -> bool:
        return bool(self.rendition_files)

    def rendition(self, ratio: str, storage: Storage | None = None) -> Rendition:
        """Return the files for a page that shows this picture in `ratio`, or the upload if a file is missing.

        `storage` determines the URLs. The default gives URLs for visitors, the storage of uploads gives URLs for staff.
        """
        storage = storage or storages["renditions"]
        part = renditions.crop((self.width, self.height), ratio, self.focal_point)
        sources = []
        for extension in renditions.MODERN_FORMATS:
            names = {width: part.file_name(width, extension) for width, _height in part.sizes}
            if self.rendition_files.issuperset(names.values()):
                candidates = [f"{storage.url(self.rendition_name(name))} {width}w" for width, name in names.items()]
                sources.append(Source(f"image/{extension}", ", ".join(candidates)))
        for extension in renditions.FALLBACK_FORMATS:
            name = part.file_name(part.fallback_size[0], extension)
            if name in self.rendition_files:
                return Rendition(sources, storage.url(self.rendition_name(name)), *part.fallback_size)
        return Rendition([], storage.url(self.file_name), self.width, self.height)

    @property
    def is_upload_shown(self) -> bool:
        """Whether pages show the upload itself, because a rendition is missing."""
        upload_url = storages["renditions"].url(self.file_name)
        return any(self.rendition(ratio).url == upload_url for ratio in renditions.RATIOS)

    def staff_rendition(self, ratio: str) -> Rendition:
        """Return the files for staff, who also see unpublished pictures."""
        return self.rendition(ratio, self.file.storage)

    @property
    def thumbnail_url(self) -> str:
        """The URL of the smallest uncropped file, for staff."""
        part = renditions.crop((self.width, self.height), renditions.WHOLE, self.focal_point)
        name = part.file_name(part.sizes[0][0], "webp")
        return self.file.storage.url(self.rendition_name(name) if name in self.rendition_files else self.file_name)

    def rendition_name(self, file: str) -> str:
        """Return the name of a rendition in the storage of renditions."""
        return f"{RENDITIONS_FOLDER}/{self.renditions_path.name}/{file}"

    @property
    def rendition_names(self) -> set[str]:
        return {self.rendition_name(file) for file in self.rendition_files}

    @classmethod
    def relations(cls) -> list[models.ForeignObjectRel]:
        """Return the relations from items to pictures."""
        fields = cls._meta.get_fields(include_hidden=True)
        return [field for field in fields if isinstance(field, models.ForeignObjectRel)]

    @classmethod
    def has_page(cls) -> bool:
        return True

    def preview_url(self) -> str:
        """Return the URL of the first page that shows this picture."""
        shown = (item for item in self.uses() if isinstance(item, Content) and item.is_published and item.has_page())
        return next((item.preview_url() for item in shown), "")

    def uses(self) -> list[models.Model]:
        """Return all items that use this picture, published or not."""
        return [
            item
            for relation in self.relations()
            for item in relation.related_model._default_manager.filter(**{relation.field.name: self.pk})
        ]


@receiver(file_deleted)
def delete_renditions(name: str, **signal) -> None:
    """Delete the renditions of an upload that was deleted."""
    root = Path(storages["renditions"].path(RENDITIONS_FOLDER))
    for folder in root.glob(f"{glob.escape(Path(name).name)}-*"):
        shutil.rmtree(folder, ignore_errors=True)


COVER_HELP = _("Shown at the top of the page. Add and describe pictures under Pictures.")


def cover_field(help_text=COVER_HELP) -> models.ForeignKey:
    """Return the field `cover` for a model whose pages can have a picture at the top."""
    return models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover picture"),
        help_text=help_text,
    )
