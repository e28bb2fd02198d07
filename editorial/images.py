"""Cleaning of uploaded images."""

from contextlib import suppress
from io import BytesIO
from struct import unpack_from
from typing import Any
from zlib import crc32, decompressobj
from zlib import error as zlib_error

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

MAX_IMAGE_BYTES = 30 * 1024 * 1024
MAX_IMAGE_PIXELS = 50_000_000
# Pillow's name of a format → file extension, options for writing.
IMAGE_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": (".jpg", {"quality": 90}),
    # Without "optimize", which takes a minute for 50 million pixels, and saves 3 % of the bytes.
    "PNG": (".png", {}),
    # Method 4, the default, takes 50 seconds for 50 million pixels.
    "WEBP": (".webp", {"quality": 90, "method": 2}),
}
# First bytes of the accepted formats.
SIGNATURES = (b"\xff\xd8", b"\x89PNG", b"RIFF")
# Orientation in EXIF → the operation that turns the picture upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Types of integers in TIFF → their formats in `struct`.
TIFF_INTEGERS = {1: "B", 3: "H", 4: "I"}
# Samples of a grey PNG with less than 8 bits → the step between two greys in 8 bits.
GREY_STEPS = {"L;2": 85, "L;4": 17}


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Ancillary chunks with transparency, colour profile, orientation, and the number of frames and which they are.
PNG_TEXTS = {b"iTXt", b"tEXt", b"zTXt"}
PNG_CHUNKS = {b"acTL", b"fcTL", b"eXIf", b"iCCP", b"tRNS"} | PNG_TEXTS
PNG_TEXT_NAMES = {b"Raw profile type exif", b"XML:com.adobe.xmp"}
# Bytes of a colour profile or text after decompression. Pillow has the same limit.
MAX_METADATA = PngImagePlugin.MAX_TEXT_CHUNK
# Characters of the name of a file. File systems allow 255 bytes.
MAX_STEM_LENGTH = 60


class CleanImage(ContentFile):
    """The result of `clean_image`."""


def clean_image(upload: File) -> CleanImage:
    """Return `upload` in its own format, re-encoded upright and without metadata.

    Re-encoding keeps only the pixels and the colour profile: no EXIF, no GPS position, no data after the image.
    Raises ValidationError for a file in another format, an animation, a file that is damaged or too large.
    """
    if upload.size > MAX_IMAGE_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)s MB. Save the picture smaller and upload it again."),
            code="image_too_large",
            params={"limit": MAX_IMAGE_BYTES // 1024 // 1024},
        )
    upload.seek(0)
    content = upload.read()
    try:
        picture, image_format, profile = decoded(content)
        extension, options = IMAGE_FORMATS[image_format]
        output = BytesIO()
        picture.save(output, image_format, **options, **({"icc_profile": profile} if profile else {}))
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many_pixels() from error
    except UnidentifiedImageError as error:
        if content.startswith(SIGNATURES):
            raise damaged(_("its beginning cannot be read")) from error
        if b"<svg" in content[:4096].lower():
            raise ValidationError(
                _(
                    "SVG pictures are not accepted because they can contain scripts. Upload the picture as "
                    "PNG, JPEG or WebP."
                ),
                code="image_is_svg",
            ) from error
        raise ValidationError(
            _("This file is not a readable picture. Upload a PNG, JPEG or WebP file."),
            code="image_unreadable",
        ) from error
    except Exception as error:
        # Pillow raises errors of any class for bytes that it does not expect.
        raise damaged(str(error) or type(error).__name__) from error
    stem = (upload.name or "").replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0].strip(". ")[:MAX_STEM_LENGTH]
    return CleanImage(output.getvalue(), name=f"{stem or 'image'}{extension}")


def too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has more than %(limit)s million pixels. Make it smaller and upload it again."),
        code="image_too_many_pixels",
        params={"limit": MAX_IMAGE_PIXELS // 1_000_000},
    )


def damaged(reason: object) -> ValidationError:
    return ValidationError(
        _("This file is damaged: %(reason)s. Open it in a picture editor, save it again and upload the new file."),
        code="image_damaged",
        params={"reason": reason},
    )


def decoded(content: bytes) -> tuple[Image.Image, str, bytes | None]:
    """Return the upright picture, its format and its colour profile. Raises any exception for damaged bytes."""
    image: Any = Image.open(BytesIO(without_other_chunks(content)), formats=list(IMAGE_FORMATS))
    # Before any pixel is decoded, because a small file can declare an enormous picture.
    if image.width * image.height > MAX_IMAGE_PIXELS:
        raise too_many_pixels()
    # A JPEG with further pictures inside (MPO), as phones make it, is no animation: the first picture counts.
    image_format = "JPEG" if image.format == "MPO" else image.format
    if image_format != "JPEG" and getattr(image, "is_animated", False):
        raise ValidationError(_("The picture is animated. Upload a still picture."), code="image_is_animated")
    # The mode of the samples in a PNG, which loading forgets.
    samples = image.tile[0].args if image_format == "PNG" and image.tile else ""
    image.load()
    profile, turn = image.info.get("icc_profile"), TURNS.get(orientation(image))
    picture = with_alpha_channel(image, samples)
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info = {}
    return picture, image_format, profile


def without_other_chunks(content: bytes) -> bytes:
    """Return a PNG without the ancillary chunks that are not needed, damaged or too large; anything else unchanged.

    Pillow refuses a picture with one of them. Re-encoding drops them anyway.
    """
    if not content.startswith(PNG_SIGNATURE):
        return content
    kept, position = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while position + 12 <= len(content):
        length, kind = unpack_from(">I4s", content, position)
        end = position + 12 + length
        chunk = content[position:end]
        # Ancillary chunks begin with a small letter.
        if kind[:1].isupper() or (end <= len(content) and is_needed(kind, chunk)):
            kept.append(chunk)
        position = end
    return b"".join([*kept, content[position:]])


def is_needed(kind: bytes, chunk: bytes) -> bool:
    """Whether an ancillary chunk of a PNG matters for the pixels or the orientation, and can be read."""
    data = chunk[8:-4]
    name, _end, rest = data.partition(b"\0")
    if crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]) or kind not in PNG_CHUNKS:
        return False
    if kind in PNG_TEXTS and name not in PNG_TEXT_NAMES:
        return False
    if kind == b"iTXt" and rest[:1] == b"\1":
        compressed = rest[2:].split(b"\0", 2)[-1]
    elif kind in (b"iCCP", b"zTXt"):
        compressed = rest[1:]
    else:
        return len(data) <= MAX_METADATA
    decompressor = decompressobj()
    with suppress(zlib_error):
        decompressor.decompress(compressed, MAX_METADATA)
        return not decompressor.unconsumed_tail
    return False


def orientation(image: Image.Image) -> int:
    """Return the orientation in the metadata, whatever else is in them. 1 is upright."""
    for read in (orientation_in_exif, lambda image: image.getexif()[ExifTags.Base.Orientation]):
        with suppress(Exception):
            return int(read(image))
    return 1


def orientation_in_exif(image: Image.Image) -> int:
    """Return the orientation in the EXIF data. Raises an exception of any class if there is none.

    Pillow also reads XMP, but no tag after one with its value outside of the data.
    """
    data = image.info.get("exif") or bytes.fromhex("".join(image.info["Raw profile type exif"].split("\n")[3:]))
    # EXIF is a TIFF file. Its first directory is a number of entries, and 12 bytes for each.
    tiff = data.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}[tiff[:2]]
    (start,) = unpack_from(f"{order}I", tiff, 4)
    (count,) = unpack_from(f"{order}H", tiff, start)
    positions = range(start + 2, start + 2 + 12 * count, 12)
    entry = next(p for p in positions if unpack_from(f"{order}H", tiff, p)[0] == ExifTags.Base.Orientation)
    (kind,) = unpack_from(f"{order}H", tiff, entry + 2)
    return unpack_from(order + TIFF_INTEGERS[kind], tiff, entry + 8)[0]


def with_alpha_channel(image: Image.Image, samples: str) -> Image.Image:
    """Return `image` with 8 bits per channel, and its transparent colour or palette entries as an alpha channel."""
    transparent = image.info.get("transparency")
    if image.mode in ("I", "I;16"):
        wide = image.convert("I")
        grey = wide.point([round(value / 257) for value in range(65536)], "L")
        if transparent is None:
            return grey
        return Image.merge("LA", (grey, wide.point([255 * (value != transparent) for value in range(65536)], "L")))
    if image.mode == "P":
        return image.convert("RGB" if transparent is None else "RGBA")
    if transparent is None:
        return image
    # Pillow widens or narrows the samples to 8 bits, but not the transparent colour.
    if samples == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    elif samples in GREY_STEPS:
        image.info["transparency"] = transparent * GREY_STEPS[samples]
    return image.convert("RGBA" if image.mode == "RGB" else "LA")
