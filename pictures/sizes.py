"""The files that are made of a picture: cut to a ratio around its focal point, in several widths and formats."""

import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from PIL import Image, ImageCms

# In CSS pixels: a phone, a phone's sharper screen, the page at its widest, the same on a sharper screen.
WIDTHS = (360, 720, 1152, 1728)
# The one width for browsers that know neither of the newer formats.
FALLBACK_WIDTH = 1152
# Width to height; WHOLE keeps the picture's own.
WHOLE = "whole"
RATIOS = {WHOLE: None, "16/9": 16 / 9, "4/3": 4 / 3, "1/1": 1}
# File ending → format as Pillow names it, and how to write it; the browser takes the first that it knows.
MODERN_FORMATS = {"avif": ("AVIF", {"quality": 60, "speed": 8}), "webp": ("WEBP", {"quality": 78, "method": 4})}
FALLBACK_FORMATS = {
    "jpg": ("JPEG", {"quality": 80, "optimize": True, "progressive": True}),
    "png": ("PNG", {"optimize": True}),
}
# Other files come of it when one of these changes, so it is part of the name of their folder.
RECIPE = repr((WIDTHS, FALLBACK_WIDTH, RATIOS, MODERN_FORMATS, FALLBACK_FORMATS))


@dataclass(frozen=True)
class Cut:
    """The part of a picture that is shown in one ratio, and the sizes it comes in, the smallest first."""

    ratio: str
    box: tuple[float, float, float, float]
    sizes: list[tuple[int, int]]
    fallback_size: tuple[int, int]

    def file_name(self, width: int, ending: str) -> str:
        return f"{self.ratio.replace('/', 'x')}-{width}.{ending}"


def cut(size: tuple[int, int], ratio: str, focal_point: tuple[int, int]) -> Cut:
    """The largest part of a picture of `size` that has `ratio`, as near around `focal_point` (per cent) as it fits.

    Nothing is made larger than the picture is.
    """
    width, height = size
    wanted = RATIOS[ratio] or width / height
    part_width, part_height = min(width, height * wanted), min(height, width / wanted)
    left = min(max(width * focal_point[0] / 100 - part_width / 2, 0), width - part_width)
    top = min(max(height * focal_point[1] / 100 - part_height / 2, 0), height - part_height)

    def scaled(to_width: int) -> tuple[int, int]:
        return to_width, max(1, round(to_width / wanted))

    largest = max(1, int(part_width))
    widths = [w for w in WIDTHS if w < largest] + ([largest] if largest < WIDTHS[-1] else [WIDTHS[-1]])
    box = (left, top, left + part_width, top + part_height)
    return Cut(ratio, box, [scaled(w) for w in widths], scaled(min(FALLBACK_WIDTH, largest)))


def folder_name(file_name: str, focal_point: tuple[int, int]) -> str:
    """The name of the folder of sizes: the name of the upload, and a digest of all that the files in it depend on."""
    digest = sha256(repr((file_name, focal_point, RECIPE)).encode()).hexdigest()[:12]
    return f"{Path(file_name).name}-{digest}"


def in_web_colours(image: Image.Image) -> Image.Image:
    """`image` as RGB, or RGBA where some of it is transparent, in sRGB, which browsers take for given."""
    is_transparent = image.has_transparency_data
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            pass  # A broken profile says nothing; the pixels are still there.
    image = image.convert("RGBA" if is_transparent else "RGB")
    if is_transparent and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    image.info.clear()
    return image


def average_colour(image: Image.Image) -> str:
    """The one colour that stands for `image` until it is there, as #rrggbb; empty where it would shine through."""
    if image.mode == "RGBA":
        return ""
    return "#{:02x}{:02x}{:02x}".format(*image.resize((1, 1), Image.Resampling.BOX, reducing_gap=2).getpixel((0, 0)))


def make(image: Image.Image, folder: Path, focal_point: tuple[int, int]) -> str:
    """Make all files of `image` in `folder`, in place of what was there; return the picture's average colour.

    The folder appears when everything in it is complete, and not at all on a fault. Raises OSError, as on a full disk.
    """
    image = in_web_colours(image)
    unfinished = folder.with_name(f".{folder.name}.{uuid4().hex}")
    unfinished.mkdir(parents=True)
    try:
        for ratio in RATIOS:
            write_cut(image, cut(image.size, ratio, focal_point), unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return average_colour(image)


def write_cut(image: Image.Image, part: Cut, folder: Path):
    fallback = "png" if image.mode == "RGBA" else "jpg"
    for size in {*part.sizes, part.fallback_size}:
        resized = image.resize(size, Image.Resampling.LANCZOS, box=part.box, reducing_gap=3)
        formats = MODERN_FORMATS if size in part.sizes else {}
        if size == part.fallback_size:
            formats = {**formats, fallback: FALLBACK_FORMATS[fallback]}
        for ending, (pillow_format, options) in formats.items():
            with (folder / part.file_name(size[0], ending)).open("wb") as file:
                resized.save(file, pillow_format, **options)
                file.flush()
                os.fsync(file.fileno())
