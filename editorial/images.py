"""Cleaning of uploaded images."""

from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_IMAGE_PIXELS = 24_000_000
# Pillow's name of a format → file extension, options for writing.
IMAGE_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": (".jpg", {"quality": 90}),
    "PNG": (".png", {"optimize": True}),
    "WEBP": (".webp", {"quality": 90}),
}


class CleanImage(ContentFile):
    """The result of `clean_image`."""


def clean_image(upload: File) -> CleanImage:
    """Return `upload` in its own format, re-encoded upright and without metadata.

    Re-encoding keeps only the pixels and the colour profile: no EXIF, no GPS position, no data after the image.
    Raises ValidationError for a file in another format, an animation, or a file that is too large.
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
        # Before any pixel is decoded, because a small file can declare an enormous picture.
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise ValidationError(
                _("The picture has more than %(limit)s million pixels. Make it smaller and upload it again."),
                code="image_too_many_pixels",
                params={"limit": MAX_IMAGE_PIXELS // 1_000_000},
            )
        # Pillow sets the format of every image that it opens.
        image_format = image.format or ""
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
    extension, options = IMAGE_FORMATS[image_format]
    if profile:
        options = options | {"icc_profile": profile}
    if image_format == "JPEG" and bare.mode not in ("RGB", "L", "CMYK"):
        bare = bare.convert("RGB")
    output = BytesIO()
    bare.save(output, image_format, **options)
    stem = (upload.name or "image").replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return CleanImage(output.getvalue(), name=f"{stem}{extension}")
