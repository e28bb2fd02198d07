"""The files that are made of a picture: what is in them, and what happens where they cannot be made."""

import errno
import os

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from pictures import sizes
from pictures.models import Picture, SizesMissingError
from tests.pictures.factories import make_picture, photo

pytestmark = pytest.mark.once


@pytest.fixture
def made(db, django_capture_on_commit_callbacks):
    """A function that stores a picture with its sizes, as a transaction that ends well does."""

    def make(**fields) -> Picture:
        with django_capture_on_commit_callbacks(execute=True):
            return make_picture(**fields)

    return make


def opened(picture: Picture, name: str) -> Image.Image:
    with Image.open(picture.sizes_path / name) as image:
        image.load()
    return image


def colours(image: Image.Image) -> list[str]:
    """What stands at the left and at the right edge."""
    rgb = image.convert("RGB")
    ends = [rgb.getpixel((x, rgb.height // 2)) for x in (2, rgb.width - 3)]
    return ["red" if red > blue else "blue" for red, _green, blue in ends]


def test_every_ratio_comes_in_every_width_and_format_and_never_larger_than_the_original(made):
    picture = made(file=photo((1000, 800)))
    assert {path.name for path in picture.sizes_path.iterdir()} == {
        f"{ratio}-{width}.{ending}"
        for ratio, widths in {
            "whole": (360, 720, 1000),
            "16x9": (360, 720, 1000),
            "4x3": (360, 720, 1000),
            "1x1": (360, 720, 800),
        }.items()
        for width in widths
        for ending in ("avif", "webp", "jpg")
        if ending != "jpg" or width == widths[-1]
    }
    for name, size in {"16x9-720.avif": (720, 405), "1x1-800.jpg": (800, 800), "whole-360.webp": (360, 288)}.items():
        assert opened(picture, name).size == size


@pytest.mark.parametrize(
    ("focal_x", "shown"), [(0, ["red", "red"]), (50, ["red", "blue"]), (100, ["blue", "blue"])], ids=str
)
def test_the_cut_lies_around_the_focal_point(made, focal_x, shown):
    picture = made(file=photo((1600, 400)), focal_x=focal_x)
    assert colours(opened(picture, "1x1-360.avif")) == shown
    assert colours(opened(picture, "1x1-400.jpg")) == shown


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (359, 361)], ids=str)
@pytest.mark.parametrize("ratio", sizes.RATIOS)
@pytest.mark.parametrize("focal_point", [(0, 0), (50, 50), (100, 100)], ids=str)
def test_a_cut_never_leaves_the_picture_however_odd_its_shape(size, ratio, focal_point):
    part = sizes.cut(size, ratio, focal_point)
    left, top, right, bottom = part.box
    assert 0 <= left < right <= size[0] + 1e-6
    assert 0 <= top < bottom <= size[1] + 1e-6
    assert all(width >= 1 and height >= 1 for width, height in part.sizes)
    assert part.fallback_size in part.sizes or part.sizes[-1][0] > sizes.FALLBACK_WIDTH


def test_what_is_transparent_stays_so_and_hides_no_colour_behind_it(made):
    picture = made(file=photo((800, 400), "PNG", mode="RGBA", name="drawing.png"))
    assert opened(picture, "whole-800.png").getpixel((2, 200))[3] == 0
    assert opened(picture, "whole-800.webp").getpixel((2, 200))[3] == 0
    assert picture.colour == ""


def test_the_average_colour_lies_between_those_of_the_picture(made):
    red, green, blue = bytes.fromhex(made().colour.removeprefix("#"))
    assert (abs(red - 115) < 5, abs(green - 30) < 5, abs(blue - 115) < 5) == (True, True, True)


def test_colours_for_print_become_colours_for_screens():
    printed = Image.new("CMYK", (400, 300), (0, 255, 255, 0))
    assert sizes.in_web_colours(printed).getpixel((0, 0)) == (255, 0, 0)


def test_a_photo_taken_upright_is_measured_upright(db):
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


def test_another_focal_point_makes_other_files_under_other_names(made, django_capture_on_commit_callbacks):
    picture = made()
    before = picture.sizes_path
    with django_capture_on_commit_callbacks(execute=True):
        picture.focal_x = 10
        picture.save()
    assert picture.sizes_path != before
    assert picture.has_sizes


def test_a_change_of_words_makes_no_file_anew(made, django_capture_on_commit_callbacks):
    picture = made()
    with django_capture_on_commit_callbacks() as callbacks:
        picture.caption_en = "The harbour in autumn"
        picture.save()
    assert not callbacks


# Faults


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_the_upload_leaves_nothing_half_made_and_pages_show_the_original(made, monkeypatch):
    monkeypatch.setattr(Image.Image, "resize", full_disk)
    picture = made()
    assert picture.file.storage.exists(picture.file.name)
    assert not list(picture.sizes_path.parent.glob("*"))
    assert not list(picture.sizes_path.parent.glob(".*"))
    shown = picture.rendition("16/9")
    assert (shown.url, shown.width, shown.height, shown.sources) == (picture.file.public_url, 400, 300, [])


def test_a_transaction_that_fails_makes_no_sizes(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(ZeroDivisionError), transaction.atomic():
        make_picture()
        raise ZeroDivisionError
    assert not callbacks


def test_a_format_of_which_a_file_is_missing_is_not_offered(made):
    picture = made()
    (picture.sizes_path / "16x9-360.avif").unlink()
    picture = Picture.objects.get(pk=picture.pk)
    assert [source.media_type for source in picture.rendition("16/9").sources] == ["image/webp"]
    (picture.sizes_path / "16x9-400.jpg").unlink()
    assert Picture.objects.get(pk=picture.pk).rendition("16/9").url == picture.file.public_url


def test_make_pictures_makes_what_is_missing_and_removes_what_is_unused(db, capsys):
    picture = make_picture()
    unused = picture.sizes_path.with_name("old-0123456789ab")
    unused.mkdir(parents=True)
    call_command("make_pictures")
    assert capsys.readouterr().out == "Harbour: made\n1 made, 1 outdated removed.\n"
    assert Picture.objects.get().has_sizes
    assert not unused.exists()
    call_command("make_pictures")
    assert capsys.readouterr().out == ""


def test_sizes_that_another_process_is_making_are_left_alone_and_removed_when_it_never_finished(db):
    unfinished = make_picture().sizes_path.with_name(".photo.0123")
    unfinished.mkdir(parents=True)
    assert Picture.objects.remove_unused_sizes() == 0
    os.utime(unfinished, (0, 0))
    assert Picture.objects.remove_unused_sizes() == 1
    assert not unfinished.exists()


def test_make_pictures_anew_replaces_a_damaged_file(made):
    picture = made()
    (picture.sizes_path / "1x1-300.jpg").write_bytes(b"")
    call_command("make_pictures", "--anew", verbosity=0)
    assert opened(picture, "1x1-300.jpg").size == (300, 300)


def test_make_pictures_names_a_picture_whose_file_is_lost_and_makes_the_others(made):
    lost, sound = make_picture(name="Lost"), make_picture(name="Sound")
    lost.file.storage.delete(lost.file.name)
    with pytest.raises(CommandError, match=r"Lost \(pictures/photo\S*\): .* Upload its file again"):
        call_command("make_pictures", verbosity=0)
    assert Picture.objects.get(pk=sound.pk).has_sizes


def test_the_job_makes_what_is_missing_fails_with_the_name_of_a_lost_file_and_leaves_the_rest_for_later(
    made, monkeypatch
):
    lost, sound = make_picture(name="Lost"), make_picture(name="Sound")
    lost.file.storage.delete(lost.file.name)
    with monkeypatch.context() as hurried:
        hurried.setattr("pictures.models.SECONDS_AT_ONCE", -1)
        Picture.objects.make_missing_sizes()
    assert not Picture.objects.get(pk=sound.pk).has_sizes
    with pytest.raises(SizesMissingError, match=r"pictures/photo"):
        Picture.objects.make_missing_sizes()
    assert Picture.objects.get(pk=sound.pk).has_sizes
    lost.delete()
    Picture.objects.make_missing_sizes()
