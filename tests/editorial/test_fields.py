"""Rich text is sanitised and pictures are cleaned before they are stored."""

from io import BytesIO
from struct import pack
from zlib import compress, crc32

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from modeltranslation.translator import translator
from PIL import Image, ImageCms

from editorial.images import MAX_IMAGE_BYTES, clean_image
from pages.models import Page
from partners.models import PartnerUniversity
from translations.status.fields import translated_models

pytestmark = pytest.mark.once

DANGEROUS = [
    ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
    ('<p onclick="alert(1)">a</p>', "<p>a</p>"),
    ('<p><img src="x" onerror="alert(1)">a</p>', "<p>a</p>"),
    ('<p style="position:fixed">a</p>', "<p>a</p>"),
    ('<p><a href="javascript:alert(1)">a</a></p>', None),
    ('<iframe src="https://example.org"></iframe><p>a</p>', "<p>a</p>"),
    ("<p>a<!-- b --></p>", "<p>a</p>"),
]


@pytest.fixture
def page(db):
    return Page.objects.get(key="about")


WRITERS = {
    "save": lambda page, html: (setattr(page, "body_en", html), page.save()),
    "update": lambda page, html: Page.objects.filter(pk=page.pk).update(body_en=html),
    "bulk update": lambda page, html: (
        setattr(page, "body_en", html),
        Page.objects.bulk_update([page], ["body_en"]),
    ),
    "translation": lambda page, html: (setattr(page, "body_pl", html), page.save()),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("html", "clean"), DANGEROUS)
def test_dangerous_html_is_never_stored(page, writer, html, clean):
    WRITERS[writer](page, html)
    page.refresh_from_db()
    stored = page.body_pl if writer == "translation" else page.body_en
    assert not any(word in stored for word in ("script", "onclick", "onerror", "style", "iframe", "alert", "<!--"))
    if clean:
        assert stored == clean


@pytest.mark.parametrize("model", translated_models(), ids=lambda model: model._meta.label)
def test_a_missing_text_stays_missing_when_an_item_is_saved_in_its_language(db, model):
    names = [f"{name}_pl" for name in translator.get_options_for_model(model).all_fields]
    model._base_manager.update(**{name: None if model._meta.get_field(name).null else "" for name in names})
    with translation.override("pl"):
        for item in model._base_manager.all()[:2]:
            item.save()
    assert not any(text for row in model._base_manager.values_list(*names) for text in row)


def test_html_that_the_editor_can_produce_is_not_changed(page):
    html = (
        '<h2>A</h2><h3>B</h3><p><strong>c</strong> <em>d</em><br><a href="https://example.org/">e</a></p>'
        "<ul><li><p>f</p></li></ul><ol><li><p>g</p></li></ol><blockquote><p>h</p></blockquote>"
    )
    page.body_en = html
    page.save()
    page.refresh_from_db()
    stored = page.body_en.replace(' rel="noopener noreferrer"', "").replace(' rel="noopener"', "")
    assert stored == html


# Rich text with languages → how it is stored, if differently.
PHRASES = {
    '<p>In <span lang="pl">Księży Młyn</span>.</p>': None,
    '<p><a href="/" rel="noopener"><span lang="zh-Hant-TW">a</span></a> <em><span lang="EU">b</span></em></p>': None,
    '<p><span lang="sl-rozaj-1994-u-co-phonebk-x-a">a</span></p>': None,
    "<p><span lang='pl' dir='rtl' class='x' onclick='x()'>a</span></p>": '<p><span lang="pl">a</span></p>',
    "<p><span lang='la'>a<span class='x'>b<span lang='el'>c</span></span></span></p>": (
        '<p><span lang="la">ab<span lang="el">c</span></span></p>'
    ),
    "<p lang='pl'>a <em lang='pl'>b</em> <strong lang='pl'>c</strong></p>": "<p>a <em>b</em> <strong>c</strong></p>",
    "<p><span>a</span><span lang>b</span><span lang=''>c</span><span title='pl'>d</span></p>": "<p>abcd</p>",
}
MALFORMED = [
    "p",
    "polski",
    "pl_PL",
    "pl-",
    "-pl",
    "pl--PL",
    "12",
    "pl-P",
    "en-US-GB",
    "x-a",
    "ł",
    "a>b",
    "a&quot;b",
    " pl",
    "pl PL",
]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("html", PHRASES)
def test_only_a_phrase_has_a_language(page, writer, html):
    WRITERS[writer](page, html)
    page.refresh_from_db()
    assert (page.body_pl if writer == "translation" else page.body_en) == (PHRASES[html] or html)


@pytest.mark.parametrize("tag", MALFORMED)
def test_a_phrase_whose_language_is_malformed_has_none(page, tag):
    page.body_en = f'<p><span lang="{tag}">a</span></p>'
    page.save()
    page.refresh_from_db()
    assert page.body_en == "<p>a</p>"


def file(image: Image.Image, image_format: str, name: str = "photo.x", **options) -> ContentFile:
    output = BytesIO()
    image.save(output, image_format, **options)
    return ContentFile(output.getvalue(), name=name)


def opened(cleaned) -> Image.Image:
    cleaned.seek(0)
    return Image.open(BytesIO(cleaned.read()))


PHOTO = Image.new("RGB", (60, 40), "teal")


@pytest.mark.parametrize(("image_format", "extension"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_a_picture_gets_the_extension_of_its_format(image_format, extension):
    cleaned = clean_image(file(PHOTO, image_format, "holiday.gif"))
    assert cleaned.name == f"holiday{extension}"
    assert opened(cleaned).size == (60, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_accepted(mode):
    assert opened(clean_image(file(Image.new(mode, (5, 4)), "PNG"))).size == (5, 4)


def test_metadata_is_removed_and_the_picture_is_rotated_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of Jan"
    exif.get_ifd(0x8825)[1] = "N"
    cleaned = clean_image(file(PHOTO, "JPEG", exif=exif, comment=b"secret"))
    image = opened(cleaned)
    assert image.size == (40, 60)
    assert not image.getexif()
    cleaned.seek(0)
    content = cleaned.read()
    assert b"Camera of Jan" not in content and b"secret" not in content


def test_text_in_or_after_a_png_is_removed():
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "hidden words")
    upload = file(PHOTO, "PNG", pnginfo=notes)
    upload = ContentFile(upload.read() + b"<script>behind</script>", name="a.png")
    cleaned = clean_image(upload)
    cleaned.seek(0)
    content = cleaned.read()
    assert b"hidden words" not in content and b"behind" not in content


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data) if checksum is None else checksum)


LARGE = compress(b"x" * 2_000_000)


@pytest.mark.parametrize(
    "added",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LARGE),
        chunk(b"iTXt", b"Comment\0\0\0\0\0" + b"x" * 2_000_000),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + LARGE),
        chunk(b"zTXt", b"Comment\0\0no deflated data"),
        chunk(b"iCCP", b"icc\0\0" + LARGE),
        chunk(b"tEXt", b"Author\0Jan", 0),
        chunk(b"gAMA", b"\0\1\x86\xa0", 0),
        chunk(b"pHYs", b"short"),
        # An animation of one frame.
        chunk(b"acTL", pack(">II", 1, 0)) + chunk(b"fcTL", pack(">IIIIIHHBB", 0, 256, 256, 0, 0, 1, 10, 0, 0)),
    ],
    ids=lambda added: ascii(added[4:30]),
)
def test_a_png_with_odd_chunks_that_it_does_not_need_is_accepted(added):
    picture = Image.radial_gradient("L").convert("RGB")
    content = file(picture, "PNG").read()
    # After IHDR, which has 13 bytes.
    upload = ContentFile(content[:33] + added + content[33:], name="a.png")
    assert opened(clean_image(upload)).tobytes() == picture.tobytes()


def test_a_png_keeps_its_profile_its_transparency_and_its_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.new("P", (60, 40))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cleaned = opened(clean_image(file(picture, "PNG", exif=exif, icc_profile=profile, transparency=0)))
    assert cleaned.size == (40, 60)
    assert cleaned.info["icc_profile"] == profile
    assert cleaned.convert("RGBA").getpixel((0, 0))[3] == 0


def bomb() -> bytes:
    """Return a PNG of a few bytes that declares 100 000 by 100 000 pixels."""
    header = pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", compress(b"\0")) + chunk(b"IEND", b"")


FRAMES = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
REFUSED = {
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG pictures are not accepted"),
    "SVG after a declaration": (b'<?xml version="1.0"?>\n<!-- a -->\n<SVG></SVG>', "SVG pictures are not accepted"),
    "text": (b"hello", "This file is not a readable picture"),
    "nothing": (b"", "This file is not a readable picture"),
    "half a picture": (lambda: file(PHOTO, "PNG").read()[:60], "This file is damaged: "),
    "a signature alone": (b"\xff\xd8\xff", "This file is damaged: its beginning cannot be read"),
    "a GIF": (lambda: file(PHOTO, "GIF").read(), "This file is not a readable picture"),
    "a BMP": (lambda: file(PHOTO, "BMP").read(), "This file is not a readable picture"),
    "a bomb": (bomb, "more than 50 million pixels"),
    "too large a file": (b"x" * (MAX_IMAGE_BYTES + 1), "The file is larger than 30 MB"),
    "an animated PNG": (
        lambda: file(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:], duration=100).read(),
        "The picture is animated",
    ),
    "an animation": (
        lambda: file(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], duration=100).read(),
        "The picture is animated",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_files_are_refused_with_the_reason(kind):
    content, reason = REFUSED[kind]
    upload = ContentFile(content() if callable(content) else content, name="logo.png")
    with pytest.raises(ValidationError, match=reason):
        clean_image(upload)


def test_a_picture_that_is_set_in_code_is_cleaned_too(db):
    partner = PartnerUniversity.objects.get(key="university-of-oulu")
    exif = Image.Exif()
    exif[0x010F] = "Camera of Jan"
    partner.logo, partner.logo_alt_en = file(PHOTO, "JPEG", "logo.jpg", exif=exif), "Logo"
    partner.save()
    assert b"Camera of Jan" not in PartnerUniversity.objects.get(pk=partner.pk).logo.read()


@pytest.mark.parametrize(
    ("name", "stored"),
    [(".jpg", "image.png"), ("...jpg", "image.png"), ("ż" * 200 + ".png", "ż" * 60 + ".png"), ("a. .png", "a.png")],
)
def test_a_form_accepts_a_picture_of_any_name(name, stored, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    upload = SimpleUploadedFile("a.png", file(PHOTO, "PNG").read())
    upload._name = name
    field = PartnerUniversity._meta.get_field("logo").formfield()
    assert field.clean(upload).name == stored


def test_the_name_of_an_upload_cannot_contain_a_path():
    cleaned = clean_image(file(PHOTO, "PNG", "..\\..\\..\\evil.png"))
    assert cleaned.name == "evil.png"
