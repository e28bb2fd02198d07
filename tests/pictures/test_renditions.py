"""Renditions of pictures: their content, and errors while they are made."""

import errno
import os
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from pictures import renditions
from pictures.models import Picture, RenditionError
from tests.pictures.factories import BLUE, RED, make_picture, photo

pytestmark = pytest.mark.once


@pytest.fixture
def made(db, django_capture_on_commit_callbacks):
    """A function that stores a picture and runs the callbacks after the commit."""

    def make(**fields) -> Picture:
        with django_capture_on_commit_callbacks(execute=True):
            return make_picture(**fields)

    return make


def opened(picture: Picture, name: str) -> Image.Image:
    with Image.open(picture.renditions_path / name) as image:
        image.load()
    return image


def colours(image: Image.Image) -> list[str]:
    """Return the colours at the left and the right edge."""
    rgb = image.convert("RGB")
    ends = [rgb.getpixel((x, rgb.height // 2)) for x in (2, rgb.width - 3)]
    return ["red" if red > blue else "blue" for red, _green, blue in ends]


def test_every_ratio_is_made_in_every_width_and_format_and_never_enlarged(made):
    picture = made(file=photo((1000, 800)))
    assert {path.name for path in picture.renditions_path.iterdir()} == {
        f"{ratio}-{width}.{extension}"
        for ratio in ("whole", "16x9")
        for width in (360, 720, 1000)
        for extension in ("avif", "webp", "jpg")
        if extension != "jpg" or width == 1000
    }
    for name, size in {"16x9-720.avif": (720, 405), "whole-360.webp": (360, 288)}.items():
        assert opened(picture, name).size == size


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("focal_x", "expected"), [(0, ["red", "red"]), (50, ["red", "blue"]), (100, ["blue", "blue"])], ids=str
)
def test_the_crop_is_around_the_focal_point(made, focal_x, expected):
    picture = made(file=photo((1600, 400)), focal_x=focal_x)
    assert colours(opened(picture, "16x9-360.avif")) == expected
    assert colours(opened(picture, "16x9-711.jpg")) == expected


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (359, 361), (300, 17000), (2, 60000)], ids=str)
@pytest.mark.parametrize("ratio", renditions.RATIOS)
@pytest.mark.parametrize("focal_point", [(0, 0), (50, 50), (100, 100)], ids=str)
def test_a_crop_is_within_the_picture_for_any_shape(size, ratio, focal_point):
    part = renditions.crop(size, ratio, focal_point)
    left, top, right, bottom = part.box
    assert 0 <= left < right <= size[0] + 1e-6
    assert 0 <= top < bottom <= size[1] + 1e-6
    assert all(width >= 1 and 1 <= height <= 16383 for width, height in (*part.sizes, part.fallback_size))
    assert part.sizes == sorted(set(part.sizes))
    assert part.fallback_size in part.sizes or part.sizes[-1][0] > renditions.FALLBACK_WIDTH


def test_a_png_with_few_colours_is_stored_without_loss(made):
    picture = made(file=photo((1600, 900), "PNG", name="drawing.png"))
    assert {path.suffix for path in picture.renditions_path.iterdir()} == {".webp", ".png"}
    assert [source.media_type for source in picture.rendition("16/9").sources] == ["image/webp"]
    assert picture.rendition("16/9").url.endswith(".png")
    drawn = opened(picture, "16x9-720.webp").convert("RGB")
    assert {drawn.getpixel((x, 200)) for x in range(355)} == {RED}
    # Pixels at the edge are between both colours.
    assert all(BLUE[0] <= red <= RED[0] for _count, (red, _green, _blue) in drawn.getcolors())


def test_a_png_with_many_colours_is_a_photo(made):
    upload = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(upload, "PNG")
    picture = made(file=SimpleUploadedFile("gradient.png", upload.getvalue()))
    assert {path.suffix for path in picture.renditions_path.iterdir()} == {".avif", ".webp", ".jpg"}


def test_a_screenshot_higher_than_webp_allows_is_shown_smaller(made):
    picture = made(file=photo((300, 17000), "PNG", name="screenshot.png"))
    shown = picture.rendition("whole")
    assert (shown.width, shown.height) == (289, 16377)
    assert [source.media_type for source in shown.sources] == ["image/webp"]


def test_transparent_pixels_stay_transparent_and_give_no_average_colour(made):
    picture = made(file=photo((800, 400), "PNG", mode="RGBA", name="drawing.png"))
    assert opened(picture, "whole-800.png").getpixel((2, 200))[3] == 0
    assert opened(picture, "whole-800.webp").getpixel((2, 200))[3] == 0
    assert picture.colour == ""


def test_the_average_colour_is_between_the_colours_of_the_picture(made):
    red, green, blue = bytes.fromhex(made().colour.removeprefix("#"))
    assert (abs(red - 115) < 5, abs(green - 30) < 5, abs(blue - 115) < 5) == (True, True, True)


def test_cmyk_becomes_rgb():
    printed = Image.new("CMYK", (400, 300), (0, 255, 255, 0))
    assert renditions.to_srgb(printed).getpixel((0, 0)) == (255, 0, 0)


def test_width_and_height_follow_the_orientation_in_the_exif_data(db):
    content = Image.new("RGB", (400, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    upload = photo()
    upload.seek(0)
    upload.truncate()
    content.save(upload, "JPEG", exif=exif)
    upload.size = upload.tell()
    picture = make_picture(file=upload)
    assert (picture.width, picture.height) == (300, 400)


def test_a_new_focal_point_gives_new_files_with_new_names(made, django_capture_on_commit_callbacks):
    picture = made()
    before = picture.renditions_path
    with django_capture_on_commit_callbacks(execute=True):
        picture.focal_x = 10
        picture.save()
    assert picture.renditions_path != before
    assert picture.has_renditions


def test_a_change_of_a_text_makes_no_new_files(made, django_capture_on_commit_callbacks):
    picture = made()
    with django_capture_on_commit_callbacks() as callbacks:
        picture.caption_en = "The harbour in autumn"
        picture.save()
    assert not callbacks


# Errors


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_the_upload_is_stored_and_shown_and_no_unfinished_file_is_left(made, monkeypatch):
    monkeypatch.setattr(Image.Image, "resize", full_disk)
    picture = made()
    assert picture.file.storage.exists(picture.file.name)
    assert not list(picture.renditions_path.parent.glob("*"))
    assert not list(picture.renditions_path.parent.glob(".*"))
    shown = picture.rendition("16/9")
    assert (shown.url, shown.width, shown.height, shown.sources) == (
        picture.file.public_url,
        400,
        300,
        [],
    )


def test_a_failed_transaction_makes_no_renditions(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(ZeroDivisionError), transaction.atomic():
        make_picture()
        raise ZeroDivisionError
    assert not callbacks


def test_a_format_with_a_missing_file_is_not_offered(made):
    picture = made()
    (picture.renditions_path / "16x9-360.avif").unlink()
    picture = Picture.objects.get(pk=picture.pk)
    assert [source.media_type for source in picture.rendition("16/9").sources] == ["image/webp"]
    (picture.renditions_path / "16x9-400.jpg").unlink()
    assert Picture.objects.get(pk=picture.pk).rendition("16/9").url == picture.file.public_url


def test_make_pictures_makes_missing_renditions_and_deletes_unused_ones(db, capsys):
    picture = make_picture()
    unused = picture.renditions_path.with_name("old-0123456789ab")
    unused.mkdir(parents=True)
    call_command("make_pictures")
    assert capsys.readouterr().out == "Harbour: made\n1 made, 1 unused deleted.\n"
    assert Picture.objects.get().has_renditions
    assert not unused.exists()
    call_command("make_pictures")
    assert capsys.readouterr().out == ""


def test_unfinished_renditions_are_deleted_only_when_they_are_old(db):
    unfinished = make_picture().renditions_path.with_name(".photo.0123")
    unfinished.mkdir(parents=True)
    assert Picture.objects.delete_unused_renditions() == 0
    os.utime(unfinished, (0, 0))
    assert Picture.objects.delete_unused_renditions() == 1
    assert not unfinished.exists()


def test_make_pictures_anew_replaces_a_damaged_file(made):
    picture = made()
    (picture.renditions_path / "16x9-400.jpg").write_bytes(b"")
    call_command("make_pictures", "--anew", verbosity=0)
    assert opened(picture, "16x9-400.jpg").size == (400, 225)


def test_make_pictures_reports_a_missing_upload_and_processes_the_other_pictures(made):
    broken, valid = make_picture(name="Broken"), make_picture(name="Valid")
    broken.file.storage.delete(broken.file.name)
    with pytest.raises(CommandError, match=r"Broken \(pictures/photo\S*\): .* Upload its file again"):
        call_command("make_pictures", verbosity=0)
    assert Picture.objects.get(pk=valid.pk).has_renditions


def test_the_job_reports_a_missing_upload_and_stops_after_its_time(made, monkeypatch):
    broken, valid = make_picture(name="Broken"), make_picture(name="Valid")
    broken.file.storage.delete(broken.file.name)
    with monkeypatch.context() as hurried:
        hurried.setattr("pictures.models.RUN_TIMEOUT", -1)
        Picture.objects.make_missing_renditions()
    assert not Picture.objects.get(pk=valid.pk).has_renditions
    with pytest.raises(RenditionError, match=r"pictures/photo"):
        Picture.objects.make_missing_renditions()
    assert Picture.objects.get(pk=valid.pk).has_renditions
    broken.delete()
    Picture.objects.make_missing_renditions()
