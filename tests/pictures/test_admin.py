"""Pictures in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from editorial.content_files import dump, load
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.pictures.factories import make_picture, photo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADD = "/admin/pictures/picture/add/"
LIST = "/admin/pictures/picture/"


@pytest.fixture
def signed_in(client, staff):
    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


def form(**changes) -> dict:
    """Return the fields that a browser submits for a new picture."""
    values = {
        "name": "Harbour",
        "file": photo((400, 300)),
        "alt_en": "Cranes over a harbour",
        "focal_x": 20,
        "focal_y": 80,
        "is_published": "on",
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def errors(response) -> dict:
    return response.context["adminform"].form.errors


def test_one_form_stores_a_picture_and_makes_its_renditions(signed_in, django_capture_on_commit_callbacks):
    client = signed_in("Publishers")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(ADD, form())
    assert response.status_code == 302
    picture = Picture.objects.get()
    assert (picture.key, picture.focal_point, picture.has_renditions) == ("harbour", (20, 80), True)
    assert "missing; pages show the original" not in client.get(f"{LIST}{picture.pk}/change/").content.decode()


def test_a_list_shows_the_smallest_rendition_or_the_upload_if_it_is_missing(
    signed_in, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        complete = make_picture(name="Complete")
    incomplete = make_picture(name="Incomplete")
    html = signed_in().get(LIST).content.decode()
    assert f'class="thumbnail" src="/admin/files/{complete.rendition_name("whole-360.webp")}"' in html
    assert f'class="thumbnail" src="{incomplete.file.url}"' in html


def test_a_picture_that_an_editor_adds_is_not_published(signed_in):
    signed_in("Editors").post(ADD, form())
    assert Picture.objects.get().is_published is False


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"alt_en": ""}, "alt_en", "Describe the picture for people"),
        ({"alt_en": "", "alt_pl": "Żurawie"}, "alt_en", "Describe the picture for people"),
        ({"is_decorative": "on"}, "alt_en", "A decorative picture has no alternative text"),
        ({"file": None}, "file", "This field is required"),
        ({"focal_x": 101}, "focal_x", "less than or equal to 100"),
        ({"focal_y": -1}, "focal_y", "greater than or equal to 0"),
        ({"licence_url": "https://example.org/"}, "licence", "Enter the name of the licence"),
        ({"licence_url": "javascript:alert(1)"}, "licence_url", "Enter a valid URL"),
    ],
)
def test_an_error_is_shown_at_its_field(signed_in, changes, field, message):
    response = signed_in().post(ADD, form(**changes))
    assert message in errors(response)[field][0]
    assert not Picture.objects.exists()


def test_a_form_with_an_error_does_not_preview_the_upload_that_was_not_stored(signed_in):
    html = signed_in().post(ADD, form(alt_en="")).content.decode()
    assert "Save the picture first." in html
    assert "focal-picker" not in html


def test_a_decorative_picture_needs_no_alternative_text(signed_in):
    assert signed_in().post(ADD, form(alt_en="", is_decorative="on")).status_code == 302


def test_the_form_says_that_renditions_are_missing(signed_in):
    picture = make_picture()
    assert "missing; pages show the original" in signed_in().get(f"{LIST}{picture.pk}/change/").content.decode()


def used_picture() -> Picture:
    picture = make_picture()
    PartnerUniversity.objects.filter(key="university-of-oulu").update(cover=picture)
    Page.objects.filter(key="about").update(cover=picture)
    return picture


@pytest.mark.parametrize("group", [[], ["Editors"]], ids=["root", "editor"])
def test_the_form_lists_the_items_that_use_the_picture(signed_in, group):
    picture = used_picture()
    html = signed_in(*group).get(f"{LIST}{picture.pk}/change/").content.decode()
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    assert f'<a href="{reverse("admin:partners_partneruniversity_change", args=[oulu.pk])}">' in html
    assert f"partner university: {oulu}" in html
    assert f"page: {Page.objects.get(key='about')}" in html


def test_a_picture_in_use_cannot_be_deleted_and_the_page_links_to_its_items(signed_in):
    picture = used_picture()
    client = signed_in("Publishers")
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    link = f'<a href="{reverse("admin:partners_partneruniversity_change", args=[oulu.pk])}">'
    for response in (
        client.get(f"{LIST}{picture.pk}/delete/"),
        client.post(f"{LIST}{picture.pk}/delete/", {"post": "yes"}),
        client.post(LIST, {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"}),
    ):
        html = response.content.decode()
        assert response.status_code == 200
        assert link in html
        assert "protected" in html
    assert Picture.objects.filter(pk=picture.pk).exists()


def test_an_unused_picture_can_be_deleted(signed_in):
    picture = make_picture()
    assert signed_in("Publishers").post(f"{LIST}{picture.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Picture.objects.exists()


def test_the_form_of_a_page_offers_pictures_with_thumbnails(signed_in):
    picture = make_picture(name="Harbour at dawn")
    page = Page.objects.get(key="about")
    html = signed_in("Editors").get(f"/admin/pages/page/{page.pk}/change/").content.decode()
    assert f'<input type="radio" name="cover" value="{picture.pk}"' in html
    assert f'<img src="{picture.thumbnail_url}" alt="" loading="lazy">' in html
    assert "<span>Harbour at dawn</span>" in html
    assert "<span>no picture</span>" in html


def test_the_number_of_queries_of_a_form_does_not_depend_on_the_number_of_pictures(signed_in):
    url = f"/admin/pages/page/{Page.objects.get(key='about').pk}/change/"
    client = signed_in("Editors")
    counts = []
    for more in (2, 20):
        Picture.objects.bulk_create(
            Picture(name=f"Picture {more} {number}", key=f"picture-{more}-{number}", file="a.jpg", width=4, height=3)
            for number in range(more)
        )
        # The first response after a change also fills the cache of the layout.
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.nightly
def test_content_files_carry_pictures(tmp_path, django_capture_on_commit_callbacks):
    picture = used_picture()
    Picture.objects.update(focal_x=10, caption_pl="Port", licence="CC BY 4.0")
    dump(tmp_path)
    Page.objects.update(cover=None)
    PartnerUniversity.objects.update(cover=None)
    picture.delete()
    with django_capture_on_commit_callbacks(execute=True):
        report = load(tmp_path)
    assert "pictures.harbour" in report.created
    restored = Picture.objects.get()
    assert (restored.focal_x, restored.caption_pl, restored.licence) == (10, "Port", "CC BY 4.0")
    assert (restored.width, restored.height, restored.has_renditions) == (400, 300, True)
    assert Page.objects.get(key="about").cover == restored
    assert load(tmp_path).updated == []
