"""Renditions of a picture: files cropped to a ratio around the focal point, in several widths and formats."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image, ImageCms

# In CSS pixels: a phone, a phone with a high-resolution screen, the widest page, the same with such a screen.
WIDTHS = (360, 720, 1152, 1728)
# The only width for browsers that support neither AVIF nor WebP.
FALLBACK_WIDTH = 1152
# In pixels. WebP has no larger pictures.
MAX_HEIGHT = 16383
# The ratio of the upload itself.
WHOLE = "whole"
# Name → width divided by height.
RATIOS = {WHOLE: None, "16/9": 16 / 9}
# File extension → Pillow's name of the format, options for writing. A browser takes the first that it supports.
MODERN_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "avif": ("AVIF", {"quality": 60, "speed": 8}),
    "webp": ("WEBP", {"quality": 78, "method": 4}),
}
FALLBACK_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("JPEG", {"quality": 80, "optimize": True, "progressive": True}),
    "png": ("PNG", {"optimize": True}),
}
# A PNG with at most this many colours is a drawing. Without loss, its edges are sharper and its files smaller.
DRAWING_COLOURS = 32
DRAWING_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {"webp": ("WEBP", {"lossless": True, "method": 4})}
# A digest of it is in the name of the folder, because other values give other files.
RECIPE = repr(
    (WIDTHS, FALLBACK_WIDTH, MAX_HEIGHT, RATIOS, MODERN_FORMATS, FALLBACK_FORMATS, DRAWING_COLOURS, DRAWING_FORMATS)
)


@dataclass(frozen=True)
class Source:
    """Files of one format, for a `<source>` element."""

    media_type: str
    srcset: str


@dataclass(frozen=True)
class Rendition:
    """A picture in one ratio: the sources in modern formats, and the file for the `<img>` element."""

    sources: list[Source]
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Crop:
    """The part of a picture to show in one ratio, and the sizes in pixels to write, the smallest first."""

    ratio: str
    box: tuple[float, float, float, float]
    sizes: list[tuple[int, int]]
    fallback_size: tuple[int, int]

    def file_name(self, width: int, extension: str) -> str:
        return f"{self.ratio.replace('/', 'x')}-{width}.{extension}"


def crop(size: tuple[int, int], ratio: str, focal_point: tuple[int, int]) -> Crop:
    """Return the largest part of a picture of `size` that has `ratio`, as near to the focal point as possible.

    `focal_point` is in per cent of width and height. Pictures are never enlarged.
    """
    width, height = size
    aspect = RATIOS[ratio] or width / height
    crop_width, crop_height = min(width, height * aspect), min(height, width / aspect)
    left = min(max(width * focal_point[0] / 100 - crop_width / 2, 0), width - crop_width)
    top = min(max(height * focal_point[1] / 100 - crop_height / 2, 0), height - crop_height)

    def scaled(to_width: int) -> tuple[int, int]:
        return to_width, min(max(1, round(to_width / aspect)), MAX_HEIGHT)

    largest = max(1, int(min(crop_width, MAX_HEIGHT * aspect)))
    widths = sorted({min(w, largest) for w in WIDTHS})
    box = (left, top, left + crop_width, top + crop_height)
    return Crop(ratio, box, [scaled(w) for w in widths], scaled(min(FALLBACK_WIDTH, largest)))


def folder_name(file_name: str, focal_point: tuple[int, int]) -> str:
    """Return the name of the upload with a digest of everything that the renditions depend on."""
    digest = sha256(repr((file_name, focal_point, RECIPE)).encode()).hexdigest()[:12]
    return f"{Path(file_name).name}-{digest}"


def to_srgb(image: Image.Image) -> Image.Image:
    """Return `image` in sRGB, the default of browsers, as RGB, or as RGBA if some of it is transparent."""
    is_transparent = image.has_transparency_data
    alpha = image.convert("RGBA").getchannel("A") if is_transparent else None
    colours = image.convert("L" if image.mode == "LA" else "RGB") if is_transparent else image
    if profile := image.info.get("icc_profile"):
        # If the profile is damaged or of another kind of picture, the pixels can be used.
        with suppress(Exception):
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            colours = ImageCms.profileToProfile(colours, source, target, outputMode="RGB") or colours
    image = colours.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        image.putalpha(alpha)
    image.info.clear()
    return image


def is_drawing(image: Image.Image) -> bool:
    """Whether `image` is an opaque PNG with few colours."""
    if image.format != "PNG" or image.has_transparency_data:
        return False
    return image.convert("RGB").getcolors(DRAWING_COLOURS) is not None


def average_colour(image: Image.Image) -> str:
    """Return the placeholder colour of `image` as #rrggbb, or an empty text if the image is transparent."""
    if image.mode == "RGBA":
        return ""
    return f"#{image.resize((1, 1), Image.Resampling.BOX, reducing_gap=2).tobytes().hex()}"


def write_renditions(image: Image.Image, folder: Path, focal_point: tuple[int, int]) -> str:
    """Write all renditions of `image` into `folder` and replace its content. Return the average colour.

    The folder appears when all files are complete. After an error it is as before. Raises OSError.
    """
    has_few_colours = is_drawing(image)
    image = to_srgb(image)
    unfinished = folder.with_name(f".{folder.name}.{uuid4().hex}")
    unfinished.mkdir(parents=True)
    try:
        for ratio in RATIOS:
            write_crop(image, crop(image.size, ratio, focal_point), unfinished, has_few_colours)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return average_colour(image)


def write_crop(image: Image.Image, part: Crop, folder: Path, has_few_colours: bool) -> None:
    """Write the files of one ratio into `folder`. Raises OSError."""
    fallback = "png" if has_few_colours or image.mode == "RGBA" else "jpg"
    modern_formats = DRAWING_FORMATS if has_few_colours else MODERN_FORMATS
    # Lanczos adds brighter and darker lines beside edges, which a drawing does not have.
    resampling = Image.Resampling.HAMMING if has_few_colours else Image.Resampling.LANCZOS
    for size in {*part.sizes, part.fallback_size}:
        resized = image.resize(size, resampling, box=part.box, reducing_gap=3)
        if has_few_colours:
            resized = resized.quantize(DRAWING_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        formats = modern_formats if size in part.sizes else {}
        if size == part.fallback_size:
            formats = {**formats, fallback: FALLBACK_FORMATS[fallback]}
        for extension, (pillow_format, options) in formats.items():
            with (folder / part.file_name(size[0], extension)).open("wb") as file:
                resized.save(file, pillow_format, **options)
                file.flush()
                os.fsync(file.fileno())
