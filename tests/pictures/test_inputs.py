"""Pictures from phones, scanners and screenshots come out as they look, and damaged ones are refused.

The pictures of `samples/` were made for this test: metadata of the wrong type beside the orientation, and screenshots
with the colour profile Display P3.
"""

import zlib
from io import BytesIO
from itertools import product
from pathlib import Path
from struct import pack

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from editorial.images import clean_image
from pictures.renditions import to_srgb
from tests.pictures.factories import BLUE, RED, photo
from tests.pictures.test_admin import ADD, errors, form

pytestmark = pytest.mark.once
SAMPLES = Path(__file__).parent / "samples"


def saved(image: Image.Image, image_format: str, **options) -> bytes:
    output = BytesIO()
    image.save(output, image_format, **options)
    return output.getvalue()


def cleaned(content: bytes) -> Image.Image:
    return Image.open(BytesIO(clean_image(ContentFile(content, "photo")).read()))


def shown(content: bytes) -> Image.Image:
    """Return the pixels that pages show of an upload."""
    return to_srgb(cleaned(content))


def is_near(pixel, expected, by: int = 6) -> bool:
    return len(pixel) == len(expected) and all(abs(a - b) <= by for a, b in zip(pixel, expected, strict=True))


def png(bits: int, colour_type: int, rows: list[bytes], transparent: bytes, width: int) -> bytes:
    """Return a PNG with samples and a transparent colour that Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    header = pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = ((b"IHDR", header), (b"tRNS", transparent), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts if part != (b"tRNS", b""))


def test_of_a_phone_picture_with_others_inside_the_first_is_kept():
    first, second = (Image.new("RGB", (60, 40), colour) for colour in (RED, BLUE))
    content = saved(first, "MPO", save_all=True, append_images=[second])
    assert Image.open(BytesIO(content)).n_frames == 2
    assert is_near(shown(content).getpixel((30, 20)), RED)
    assert cleaned(content).format == "JPEG" and not hasattr(cleaned(content), "n_frames")


def test_a_scan_with_16_bits_keeps_its_greys():
    rows = [b"".join(pack(">H", value * 257) for value in range(256))]
    picture = shown(png(16, 0, rows, b"", 256))
    assert [picture.getpixel((x, 0))[0] for x in range(256)] == list(range(256))


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_the_orientation_of_every_format_is_applied(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    upright = {1: (RED, BLUE), 3: (BLUE, RED), 6: (RED, BLUE), 8: (BLUE, RED)}[turn]
    with Image.open(photo((40, 20))) as original:
        for image_format in ("JPEG", "PNG", "WEBP"):
            picture = shown(saved(original, image_format, exif=exif))
            width, height = picture.size
            ends = [(2, 10), (37, 10)] if turn in (1, 3) else [(10, 2), (10, 37)]
            assert (width, height) == ((40, 20) if turn in (1, 3) else (20, 40))
            assert [is_near(picture.getpixel(end), colour, 30) for end, colour in zip(ends, upright, strict=True)] == [
                True,
                True,
            ]


@pytest.mark.parametrize("name", ["exif-rational", "exif-short", "exif-string"])
def test_metadata_of_the_wrong_type_leave_the_orientation(name):
    content = (SAMPLES / f"{name}.jpg").read_bytes()
    picture, original = shown(content), Image.open(BytesIO(content)).convert("RGB")
    assert picture.size == (20, 40)
    assert is_near(picture.getpixel((10, 2)), original.getpixel((2, 10)), 12)
    assert is_near(picture.getpixel((10, 37)), original.getpixel((37, 10)), 12)
    assert not cleaned(content).getexif()


def exif_data(order: str, *entries: tuple[int, int, int, bytes]) -> bytes:
    """Return EXIF with these entries: tag, type, number of values, value or offset."""
    head = pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    body = b"".join(pack(f"{order}HHI", *entry) + value for *entry, value in entries)
    return b"Exif\0\0" + head + pack(f"{order}H", len(entries)) + body + bytes(4)


# An offset.
OUTSIDE = b"\xff" * 4


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", range(1, 14))
@pytest.mark.parametrize("tag", [0, 0x010F, 0x0111])
def test_a_tag_with_its_value_outside_of_the_file_leaves_the_orientation(order, kind, tag):
    upright = (0x0112, 3, 1, pack(f"{order}HH", 6, 0))
    for image_format, count in product(("JPEG", "PNG", "WEBP"), (1, 5)):
        exif = exif_data(order, (tag, kind, count, OUTSIDE), upright)
        assert cleaned(saved(Image.new("RGB", (4, 2)), image_format, exif=exif)).size == (2, 4)


def test_a_damaged_tag_in_the_raw_profile_of_a_png_leaves_the_orientation():
    exif = exif_data("<", (0x010F, 2, 5, OUTSIDE), (0x0112, 3, 1, pack("<HH", 6, 0)))
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", f"\nexif\n{len(exif)}\n{exif.hex()}\n")
    assert cleaned(saved(Image.new("RGB", (4, 2)), "PNG", pnginfo=texts)).size == (2, 4)


@pytest.mark.parametrize("entry", [(0x0112, 4, 1, pack("<I", 6)), (0x0112, 1, 1, b"\6\0\0\0")], ids=["LONG", "BYTE"])
def test_an_orientation_of_another_type_is_applied(entry):
    content = saved(Image.new("RGB", (4, 2)), "JPEG", exif=exif_data("<", (0x010F, 2, 5, OUTSIDE), entry))
    assert cleaned(content).size == (2, 4)


TRANSPARENT = {
    "RGB": (saved(Image.frombytes("RGB", (2, 1), bytes((*RED, *BLUE))), "PNG", transparency=RED), BLUE),
    "grey": (saved(Image.frombytes("L", (2, 1), bytes((255, 90))), "PNG", transparency=255), (90, 90, 90)),
    "black and white": (png(1, 0, [b"\x40"], b"\0\0", 2), (255, 255, 255)),
    "2 bits": (png(2, 0, [b"\xd0"], b"\0\3", 2), (85, 85, 85)),
    "4 bits": (png(4, 0, [b"\xf5"], b"\0\x0f", 2), (85, 85, 85)),
    "16 bits": (png(16, 0, [b"\x80\x01\x80\x02"], b"\x80\x01", 2), (128, 128, 128)),
    "RGB of 16 bits": (png(16, 2, [b"\xc8\1\x1e\2\x1e\3" + b"\x1e\0\x1e\0\xc8\0"], b"\xc8\1\x1e\2\x1e\3", 2), BLUE),
}


@pytest.mark.parametrize("samples", TRANSPARENT)
def test_a_transparent_colour_stays_transparent(samples):
    content, visible = TRANSPARENT[samples]
    picture = shown(content)
    assert (picture.mode, picture.getpixel((0, 0))[3], picture.getpixel((1, 0))) == ("RGBA", 0, (*visible, 255))


def test_a_palette_with_transparent_entries_stays_transparent():
    image = Image.frombytes("P", (2, 1), b"\0\1")
    image.putpalette([*RED, *BLUE])
    picture = shown(saved(image, "PNG", transparency=b"\x00\x80"))
    assert (picture.getpixel((0, 0))[3], picture.getpixel((1, 0))) == (0, (*BLUE, 128))


@pytest.mark.parametrize(
    ("name", "alpha"), [("screenshot-p3", ()), ("screenshot-p3-alpha", ()), ("screenshot-p3-transparent", (255,))]
)
def test_the_colours_of_a_profile_are_converted_with_and_without_transparency(name, alpha):
    picture = shown((SAMPLES / f"{name}.png").read_bytes())
    assert is_near(picture.getpixel((32, 32)), (216, 93, 24, *alpha), 1)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()])
def test_a_profile_that_does_not_fit_leaves_the_pixels(mode, profile):
    colour = {"RGB": RED, "L": 90, "RGBA": (*RED, 128)}[mode]
    picture = shown(saved(Image.new(mode, (4, 4), colour), "PNG", icc_profile=profile))
    assert picture.getpixel((2, 2)) == ((90, 90, 90) if mode == "L" else colour)


def test_svg_in_the_metadata_of_a_photo_is_no_reason_to_refuse_it():
    assert is_near(shown(saved(Image.new("RGB", (8, 8), RED), "JPEG", comment=b"<svg>")).getpixel((4, 4)), RED)


def test_a_picture_of_24_million_pixels_is_kept():
    picture = cleaned(saved(Image.new("L", (5712, 4284), 90), "JPEG"))
    assert picture.size == (5712, 4284)
    assert is_near([picture.getpixel((2000, 2000))], [90], 2)


EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010F], EXIF[0x011A] = 6, "Camera", 72.0
EXIF.get_ifd(0x8825)[1] = "N"
UPLOADS = [
    saved(Image.open(photo((8, 6))), "JPEG", exif=EXIF),
    saved(Image.open(photo((8, 6))), "PNG", exif=EXIF),
    saved(Image.open(photo((8, 6))), "WEBP", exif=EXIF),
    saved(Image.new("RGB", (8, 6)), "MPO", save_all=True, append_images=[Image.new("RGB", (8, 6))]),
]


@hypothesis_settings(max_examples=150)
@given(st.sampled_from(UPLOADS), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), min_size=1, max_size=4))
def test_a_damaged_picture_is_cleaned_or_refused(content, damages):
    for place, piece in damages:
        start = round(place * len(content))
        content = content[:start] + piece + content[start + len(piece) :]
    try:
        picture = cleaned(content)
    except ValidationError as error:
        assert error.messages[0].startswith(("This file is ", "The picture ", "SVG "))
    else:
        assert not picture.getexif()


@hypothesis_settings(max_examples=30)
@given(
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBPVP8 "]), st.binary(max_size=60)
)
def test_any_bytes_are_refused_as_no_picture_or_a_damaged_one(start, rest):
    with pytest.raises(ValidationError, match=r"This file is (damaged: .|not a readable)|The picture has more than"):
        clean_image(ContentFile(start + rest, "photo"))


@pytest.mark.django_db
def test_a_damaged_upload_is_an_error_of_its_field_and_the_form_is_kept(client, staff):
    client.force_login(staff())
    upload = SimpleUploadedFile("photo.jpg", photo().read()[:900])
    response = client.post(ADD, form(file=upload, caption_en="Kept"))
    assert errors(response)["file"][0].startswith("This file is damaged: ")
    assert 'value="Kept"' in response.content.decode()
