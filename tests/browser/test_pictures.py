"""Focal points and the picture library in a browser, and pictures on pages."""

import pytest

from tests.browser.test_html import html_errors, read
from tests.browser.test_pages import overflow, violations_in_both_schemes
from tests.pictures.factories import photo


@pytest.fixture(scope="module")
def photo_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "photo.jpg"
    path.write_bytes(photo((800, 600)).read())
    return path


def add_picture(visitor, name: str, path):
    """Upload a picture and stay on its form."""
    visitor.go("/admin/pictures/picture/add/")
    visitor.page.locator("#id_name").fill(name)
    visitor.page.locator("#id_file").set_input_files(path)
    visitor.page.locator("#id_alt_en").fill("Cranes over a harbour")
    visitor.page.locator("input[name=_draft]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()


def save_and_stay(visitor):
    visitor.page.locator("input[name=_draft]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()


def publish(visitor):
    visitor.page.locator("input[name=_save]").first.click()
    visitor.page.locator(".messagelist .success").wait_for()


def focal_point(visitor) -> tuple[str, str]:
    return tuple(visitor.page.locator(f"#id_focal_{axis}").input_value() for axis in "xy")


def marker_position(visitor) -> list[int]:
    """Centre of the marker on the picture, in per cent."""
    return visitor.page.evaluate(
        """() => {
            const picture = document.querySelector(".focal-picker").getBoundingClientRect();
            const marker = document.querySelector(".focal-marker").getBoundingClientRect();
            return [
                Math.round((marker.x + marker.width / 2 - picture.x) / picture.width * 100),
                Math.round((marker.y + marker.height / 2 - picture.y) / picture.height * 100),
            ];
        }"""
    )


@pytest.mark.nightly
def test_a_click_on_the_picture_sets_its_focal_point(sign_in, photo_file):
    visitor = sign_in("root")
    add_picture(visitor, "Clicked", photo_file)
    box = visitor.page.locator(".focal-picker").bounding_box()
    visitor.page.locator(".focal-picker").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    assert focal_point(visitor) == ("25", "75")
    save_and_stay(visitor)
    assert focal_point(visitor) == ("25", "75")
    assert marker_position(visitor) == [25, 75]


@pytest.mark.nightly
def test_the_keyboard_sets_the_focal_point(sign_in, photo_file):
    visitor = sign_in("root")
    add_picture(visitor, "Typed", photo_file)
    visitor.page.locator("#id_focal_x").fill("10")
    visitor.page.locator("#id_focal_y").focus()
    visitor.page.keyboard.press("ArrowDown")
    assert marker_position(visitor) == [10, 49]
    save_and_stay(visitor)
    assert focal_point(visitor) == ("10", "49")


@pytest.mark.nightly
def test_numbers_set_the_focal_point_without_javascript(sign_in, photo_file):
    visitor = sign_in("root", java_script_enabled=False)
    add_picture(visitor, "Plain", photo_file)
    visitor.page.locator("#id_focal_x").fill("90")
    save_and_stay(visitor)
    assert focal_point(visitor) == ("90", "50")


@pytest.mark.nightly
def test_another_file_is_shown_before_it_is_saved(sign_in, photo_file):
    visitor = sign_in("root")
    add_picture(visitor, "Replaced", photo_file)
    visitor.page.locator("#id_file").set_input_files(photo_file)
    visitor.page.locator(".focal-picker canvas").click(position={"x": 1, "y": 1})
    assert focal_point(visitor) == ("0", "0")


@pytest.mark.nightly
def test_staff_are_told_when_an_upload_is_kept_but_its_sizes_could_not_be_made(sign_in, site, photo_file):
    visitor = sign_in("root")
    folder = site.data / "media/pictures/sizes"
    aside = folder.with_name("sizes-aside")
    if folder.exists():
        folder.rename(aside)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    try:
        add_picture(visitor, "Kept", photo_file)
        assert "its smaller sizes could not be made" in visitor.page.locator(".messagelist .warning").inner_text()
        assert (
            visitor.page.locator(".focal-picker img").evaluate("image => image.decode().then(() => image.naturalWidth)")
            == 800
        )
    finally:
        folder.unlink()
        if aside.exists():
            aside.rename(folder)
    save_and_stay(visitor)
    assert not visitor.page.locator(".messagelist .warning").count()
    assert "missing" not in visitor.page.locator(".field-rendition_state").inner_text()


@pytest.mark.nightly
def test_forms_of_pictures_pass_the_accessibility_checks(sign_in, photo_file):
    visitor = sign_in("root")
    add_picture(visitor, "Checked", photo_file)
    faults = violations_in_both_schemes(visitor.page)
    for path in ("/admin/pictures/picture/", "/admin/pictures/picture/add/"):
        visitor.go(path)
        faults += violations_in_both_schemes(visitor.page)
    assert not faults


@pytest.fixture
def many_pictures(site):
    """More pictures in the library than the form shows at once."""
    fields = '"name": f"Picture {n}", "alt_en": "Füße im Schnee" if n == 7 else "", "is_decorative": n != 7'
    pictures = f'Picture(key=f"many-{{n}}", file="a.jpg", width=4, height=3, **{{{fields}}}) for n in range(20)'
    code = f"from pictures.models import Picture; Picture.objects.bulk_create([{pictures}])"
    site.manage("shell", "-v", "0", "-c", code, check=True)
    yield
    code = "from pictures.models import Picture; Picture.objects.filter(key__startswith='many-').delete()"
    site.manage("shell", "-v", "0", "-c", code, check=True)


@pytest.mark.nightly
def test_a_cover_can_be_searched_and_selected_with_the_keyboard(sign_in, many_pictures):
    visitor = sign_in("root")
    # These pictures have no files.
    visitor.context.route("**/admin/files/a.jpg", lambda route: route.fulfill(status=204))
    visitor.go("/admin/alliance/deliverable/add/")
    choice = visitor.page.get_by_role("radiogroup", name="Cover picture")
    visitor.page.get_by_label("Find a picture").fill("schnee fuße")
    assert choice.get_by_role("radio").count() == 2
    visitor.page.get_by_label("Find a picture").press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("ArrowDown")
    assert choice.get_by_role("radio", name="Picture 7").is_checked()
    assert visitor.page.url.endswith("/add/")


@pytest.fixture
def covered(sign_in, photo_file):
    """The path of a page with a cover that has caption, credit and licence."""
    staff = sign_in("root")
    add_picture(staff, "Cover", photo_file)
    for field, text in {
        "caption_en": "The harbour",
        "credit_en": "Photo: the harbour's own",
        "licence": "CC BY 4.0",
        "licence_url": "https://example.org/by",
    }.items():
        staff.page.locator(f"#id_{field}").fill(text)
    publish(staff)
    for choice in ("Cover", "no picture"):
        staff.go("/admin/alliance/deliverable/?q=mobility")
        staff.page.get_by_role("link", name="Seamless mobility").click()
        staff.page.get_by_role("radio", name=choice, exact=True).check()
        publish(staff)
        if choice == "Cover":
            yield "/en/deliverables/seamless-mobility/"
    staff.go("/admin/pictures/picture/?q=Cover")
    staff.page.locator("#result_list tbody th a").first.click()
    staff.page.get_by_role("link", name="Delete").first.click()
    staff.page.locator("input[type=submit]").click()


@pytest.mark.nightly
def test_a_page_shows_a_cover_in_avif_and_the_right_width_as_valid_html(covered, site, visit, tmp_path):
    for width, file in ((360, "16x9-360.avif"), (1280, "16x9-800.avif")):
        visitor = visit(viewport={"width": width, "height": 900})
        visitor.go(covered)
        image = visitor.page.get_by_role("img", name="Cranes over a harbour")
        assert image.evaluate("image => image.decode().then(() => image.currentSrc.split('/').pop())") == file
        assert image.evaluate("image => image.clientWidth / image.clientHeight") == pytest.approx(16 / 9, abs=0.02)
        assert not violations_in_both_schemes(visitor.page)
        assert not overflow(visitor.page)
    (tmp_path / "covered.html").write_bytes(read(site.url + covered))
    assert b"<picture" in (tmp_path / "covered.html").read_bytes()
    assert not html_errors(tmp_path)
