"""Fields that never store what should not be served: rich text and uploaded pictures."""

import errno
import logging
from functools import partial
from io import BytesIO
from urllib.parse import urljoin

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models.fields.files import ImageFieldFile
from django.db.models.signals import post_delete
from django.utils.encoding import filepath_to_uri
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from PIL import Image, ImageOps, UnidentifiedImageError

from editorial.files import delete_unless_named

log = logging.getLogger(__name__)

RICH_TEXT_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "History": True,
    "HTML": True,
}


class RichTextField(ProseEditorField):
    """Formatted text, kept as HTML that was sanitised to what the editor can produce.

    Sanitising happens on the way into the database, whichever way the value takes: form, model, bulk
    operation, queryset update or content file.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("extensions", RICH_TEXT_EXTENSIONS)
        kwargs.setdefault("sanitize", True)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return self.sanitize(value) if isinstance(value, str) else value

    def pre_save(self, model_instance, add):
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_IMAGE_PIXELS = 24_000_000
# Format as Pillow names it → file ending that the picture is stored under.
IMAGE_FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


class CleanPicture(ContentFile):
    """The content of a picture that went through `clean_image`."""


def clean_image(upload) -> CleanPicture:
    """Return `upload` re-encoded without metadata, upright, in its own format.

    Re-encoding keeps nothing but the pixels: no EXIF, no GPS position, nothing hidden behind the image.
    Raises ValidationError for a file that is no picture of an allowed kind, or is too large.
    """
    if upload.size > MAX_IMAGE_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)s MB. Save the picture smaller and upload it again."),
            code="image_too_large",
            params={"limit": MAX_IMAGE_BYTES // 1024 // 1024},
        )
    upload.seek(0)
    content = upload.read()
    if b"<svg" in content[:4096].lower():
        raise ValidationError(
            _(
                "SVG pictures are not accepted because they can contain scripts. Upload the picture as "
                "PNG, JPEG or WebP."
            ),
            code="image_is_svg",
        )
    try:
        image = Image.open(BytesIO(content), formats=list(IMAGE_FORMATS))
        # Before any pixel is unpacked: a small file can claim to be an enormous picture.
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise ValidationError(
                _("The picture has more than %(limit)s million pixels. Make it smaller and upload it again."),
                code="image_too_many_pixels",
                params={"limit": MAX_IMAGE_PIXELS // 1_000_000},
            )
        image_format = image.format
        if getattr(image, "is_animated", False):
            raise ValidationError(_("The picture is animated. Upload a still picture."), code="image_is_animated")
        profile = image.info.get("icc_profile")
        upright = ImageOps.exif_transpose(image)
        upright.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise ValidationError(
            _("This file is not a readable picture. Upload a PNG, JPEG or WebP file."),
            code="image_unreadable",
        ) from error
    bare = Image.new(upright.mode, upright.size)
    if upright.mode == "P":
        bare = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
        bare.info.clear()
    else:
        bare.paste(upright)
    options = {"JPEG": {"quality": 90}, "PNG": {"optimize": True}, "WEBP": {"quality": 90}}[image_format]
    if profile:
        options["icc_profile"] = profile
    if image_format == "JPEG" and bare.mode not in ("RGB", "L", "CMYK"):
        bare = bare.convert("RGB")
    output = BytesIO()
    bare.save(output, image_format, **options)
    stem = (upload.name or "image").replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return CleanPicture(output.getvalue(), name=f"{stem}{IMAGE_FORMATS[image_format]}")


# Errors of a disk that is full, or of a quota or a limit that is reached.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class PictureFormField(forms.ImageField):
    """A form field for one uploaded picture, cleaned by `clean_image`.

    The picture is written to its storage while the form is validated, under a temporary name: a disk that cannot take
    it is an error of this field, like any other.
    """

    def __init__(self, *args, storage, folder: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.storage, self.folder = storage, folder

    def to_python(self, data):
        # Not ImageField's own check, whose message cannot say what is wrong; clean_image opens the file.
        upload = forms.FileField.to_python(self, data)
        if upload is None:
            return None
        picture = clean_image(upload)
        try:
            self.storage.stage(picture, self.folder)
        except OSError as error:
            log.error("An upload could not be stored: %s", error)
            if error.errno in NO_ROOM:
                message = _(
                    "The server has no space for this file. Ask the administrator to free space, then choose "
                    "the file again and save."
                )
            else:
                message = _(
                    "The server could not store this file. Tell the administrator, then choose the file again and save."
                )
            raise ValidationError(message, code="image_not_stored") from error
        return picture

    def widget_attrs(self, widget):
        return {"accept": "image/png,image/jpeg,image/webp"} if not widget.is_hidden else {}


class PictureFile(ImageFieldFile):
    """The file of a picture. Its `url` is for staff, its `public_url` for visitors, while a published item uses it."""

    @property
    def public_url(self) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(self.name))


class PictureField(models.ImageField):
    """One picture: PNG, JPEG or WebP, checked and stripped of metadata however it arrives.

    When a row is deleted, or its file replaced, the old file is deleted after the commit. `upload_to` is a folder.
    """

    attr_class = PictureFile

    def contribute_to_class(self, cls, name, **kwargs):
        super().contribute_to_class(cls, name, **kwargs)
        if not cls._meta.abstract:
            post_delete.connect(self.after_delete, sender=cls)

    def after_delete(self, instance, using, **kwargs):
        self.delete_after_commit(getattr(instance, self.attname).name, using)

    def delete_after_commit(self, name: str | None, using: str):
        if name:
            transaction.on_commit(partial(delete_unless_named, name), using=using, robust=True)

    def pre_save(self, model_instance, add):
        file = getattr(model_instance, self.attname)
        if not add and not (file and file._committed):
            rows = type(model_instance)._base_manager.filter(pk=model_instance.pk)
            self.delete_after_commit(rows.values_list(self.attname, flat=True).first(), rows.db)
        if file and not file._committed and not isinstance(file.file, CleanPicture):
            picture = clean_image(file.file)
            file.file, file.name = picture, picture.name
            # What was measured before may lie on its side.
            vars(file).pop("_dimensions_cache", None)
            self.update_dimension_fields(model_instance, force=True)
        return super().pre_save(model_instance, add)

    def formfield(self, **kwargs):
        return super().formfield(
            **{"form_class": PictureFormField, "storage": self.storage, "folder": self.upload_to} | kwargs
        )
