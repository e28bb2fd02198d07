"""The media library: photos with the words, rights and sizes that they need on a page."""

import glob
import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from PIL import Image

from editorial.fields import PictureField
from editorial.files import file_deleted
from editorial.models import Content, ContentQuerySet
from pictures import sizes

SIZES_FOLDER = "pictures/sizes"
# A younger folder that is not finished is probably still being filled.
SECONDS_TO_MAKE_SIZES = 60 * 60
# Sizes that are missing are made for this time at once: other recurring work waits meanwhile.
SECONDS_AT_ONCE = 20


@dataclass(frozen=True)
class Source:
    """Files of one format, as a `<source>` lists them."""

    media_type: str
    srcset: str


@dataclass(frozen=True)
class Rendition:
    """A picture in one ratio as browsers get it: the newer formats, and one file that every browser shows."""

    sources: list[Source]
    url: str
    width: int
    height: int


class SizesMissingError(Exception):
    """Some pictures have no sizes, and pages show the original."""


class PictureQuerySet(ContentQuerySet):
    def live(self):
        """Published pictures that a published item uses."""
        used = Q()
        for relation in self.model.relations():
            if issubclass(relation.related_model, Content):
                items = relation.related_model.objects.published()
                used |= Exists(items.filter(**{relation.field.name: OuterRef("pk")}))
        return self.published().filter(used)

    def make_missing_sizes(self):
        """Make the sizes of pictures that lack them, for some seconds. Raises SizesMissingError where that failed."""
        end, faults = time.monotonic() + SECONDS_AT_ONCE, []
        for picture in self.model.objects.all():
            if time.monotonic() > end:
                break
            if picture.has_sizes:
                continue
            try:
                picture.make_sizes()
            except (OSError, ValueError) as error:
                faults.append(f"{picture.file.name} ({error})")
        if faults:
            raise SizesMissingError(f"No sizes could be made of {', '.join(faults)}")

    def remove_unused_sizes(self) -> int:
        """Delete the folders of sizes that belong to no picture any more; return how many they were."""
        root = Path(storages["renditions"].path(SIZES_FOLDER))
        # The folders before the pictures: a folder is made after its picture was committed.
        folders = list(root.glob("*"))
        pictures = self.only("file", "width", "height", "focal_x", "focal_y").iterator()
        used = {picture.sizes_path.name for picture in pictures}
        unused = [folder for folder in folders if folder.name not in used and not is_being_made(folder)]
        for folder in unused:
            shutil.rmtree(folder)
        return len(unused)


def is_being_made(folder: Path) -> bool:
    return folder.name.startswith(".") and folder.stat().st_mtime > time.time() - SECONDS_TO_MAKE_SIZES


class Picture(Content):
    """A photo or drawing that pages may show, described and credited once, wherever it is used."""

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
            "PNG, JPEG or WebP, up to 5 MB. A width of 1728 pixels or more looks sharp everywhere. "
            "Hidden data, such as the place where a photo was taken, is removed."
        ),
    )
    # Measured by the file, which therefore stands before them.
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    colour = models.CharField(_("average colour"), max_length=7, blank=True, editable=False)
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_(
            "Describe the picture for people who cannot see it. Required in English, unless the picture is decorative."
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

    objects = PictureQuerySet.as_manager()

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

    def __str__(self):
        return self.name

    def key_source(self):
        return self.name

    def clean(self):
        if self.licence_url and not self.licence:
            raise ValidationError({"licence": _("Enter the name of the licence at this address, such as CC BY 4.0.")})
        words = f"alt_{settings.LANGUAGE_CODE}"
        described = getattr(self, words)
        if self.is_decorative and described:
            raise ValidationError(
                {words: _("A decorative picture has no alternative text. Empty this field, or untick “Decorative”.")}
            )
        if not self.is_decorative and not described:
            raise ValidationError(
                {words: _("Describe the picture for people who cannot see it, or mark it as decorative.")}
            )

    def save(self, *args, **kwargs):
        """Save the picture; its sizes are made once that is certain, and a fault in making them is logged alone."""
        super().save(*args, **kwargs)
        # The file or the focal point may be another one now.
        self.__dict__.pop("size_files", None)
        if not self.has_sizes:
            transaction.on_commit(self.make_sizes, robust=True)

    def make_sizes(self):
        """Make the files that pages offer to browsers. Raises OSError, and leaves what was there, where that fails."""
        with self.file.storage.open(self.file.name) as file, Image.open(file) as image:
            self.colour = sizes.make(image, self.sizes_path, self.focal_point)
        # Saved, so that pages which showed the original meanwhile are made anew.
        super().save(update_fields=["colour", "updated_at"])
        self.__dict__.pop("size_files", None)

    @property
    def focal_point(self) -> tuple[int, int]:
        return self.focal_x, self.focal_y

    @property
    def sizes_path(self) -> Path:
        folder = sizes.folder_name(self.file.name, self.focal_point)
        return Path(storages["renditions"].path(f"{SIZES_FOLDER}/{folder}"))

    @cached_property
    def size_files(self) -> set[str]:
        """The names of the files that were made of this picture; none while they are missing."""
        try:
            return {path.name for path in self.sizes_path.iterdir()}
        except OSError:
            return set()

    @property
    def has_sizes(self) -> bool:
        return bool(self.size_files)

    def rendition(self, ratio: str, storage: Storage | None = None) -> Rendition:
        """The files that a page shows of this picture in `ratio`; the original where a file is missing.

        `storage` gives the addresses: those for visitors, or those of the uploads, which are for staff.
        """
        storage = storage or storages["renditions"]
        part = sizes.cut((self.width, self.height), ratio, self.focal_point)
        sources = []
        for ending in sizes.MODERN_FORMATS:
            names = {width: part.file_name(width, ending) for width, _height in part.sizes}
            if self.size_files.issuperset(names.values()):
                candidates = [f"{storage.url(self.size_name(name))} {width}w" for width, name in names.items()]
                sources.append(Source(f"image/{ending}", ", ".join(candidates)))
        for ending in sizes.FALLBACK_FORMATS:
            name = part.file_name(part.fallback_size[0], ending)
            if name in self.size_files:
                return Rendition(sources, storage.url(self.size_name(name)), *part.fallback_size)
        return Rendition([], storage.url(self.file.name), self.width, self.height)

    @property
    def shows_original(self) -> bool:
        """Whether pages show the upload itself, because a file that was made of it is missing."""
        return any(self.rendition(ratio).url == self.file.public_url for ratio in sizes.RATIOS)

    def staff_rendition(self, ratio: str) -> Rendition:
        """The files that staff see of this picture in `ratio`, published or not."""
        return self.rendition(ratio, self.file.storage)

    @property
    def thumbnail_url(self) -> str:
        """The smallest file of the whole picture, for lists of staff."""
        part = sizes.cut((self.width, self.height), sizes.WHOLE, self.focal_point)
        name = part.file_name(part.sizes[0][0], "webp")
        return self.file.storage.url(self.size_name(name) if name in self.size_files else self.file.name)

    def size_name(self, file: str) -> str:
        """The name of one of the files that were made of this picture, in the storage of renditions."""
        return f"{SIZES_FOLDER}/{self.sizes_path.name}/{file}"

    @property
    def size_names(self) -> set[str]:
        return {self.size_name(file) for file in self.size_files}

    @classmethod
    def relations(cls) -> list[models.ForeignObjectRel]:
        """The relations through which items use a picture."""
        return [
            relation
            for relation in cls._meta.get_fields(include_hidden=True)
            if relation.auto_created and not relation.concrete
        ]

    def uses(self) -> list[Content]:
        """Everything that shows this picture."""
        return [
            item
            for relation in self.relations()
            for item in relation.related_model.objects.filter(**{relation.field.name: self.pk})
        ]


@receiver(file_deleted)
def remove_sizes(name: str, **signal) -> None:
    """Delete what was made of an upload together with it."""
    root = Path(storages["renditions"].path(SIZES_FOLDER))
    for folder in root.glob(f"{glob.escape(Path(name).name)}-*"):
        shutil.rmtree(folder, ignore_errors=True)


COVER_HELP = _("Shown at the top of the page. Add and describe pictures under Pictures.")


def cover_field(help_text=COVER_HELP) -> models.ForeignKey:
    """The field `cover` of a model whose pages can have a picture at the top."""
    return models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover picture"),
        help_text=help_text,
    )
