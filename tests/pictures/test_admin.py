"""What staff do with pictures in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from editorial.content_files import ContentFiles, dump
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.pictures.factories import make_picture, photo

pytestmark = pytest.mark.django_db
ADD = "/admin/pictures/picture/add/"
LIST = "/admin/pictures/picture/"


@pytest.fixture
def signed_in(client, staff):
    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


def form(**changes) -> dict:
    """What a browser sends for a new picture."""
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


def test_a_picture_is_uploaded_described_and_made_ready_in_one_go(signed_in, django_capture_on_commit_callbacks):
    client = signed_in("Publishers")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(ADD, form())
    assert response.status_code == 302
    picture = Picture.objects.get()
    assert (picture.key, picture.focal_point, picture.has_sizes) == ("harbour", (20, 80), True)
    assert "missing; pages show the original" not in client.get(f"{LIST}{picture.pk}/change/").content.decode()


def test_a_list_shows_small_files_and_the_original_where_they_are_missing(
    signed_in, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        small = make_picture(name="Small")
    original = make_picture(name="Original")
    html = signed_in().get(LIST).content.decode()
    assert f'class="thumbnail" src="/admin/files/{small.size_name("whole-360.webp")}"' in html
    assert f'class="thumbnail" src="{original.file.url}"' in html


def test_what_an_editor_adds_waits_for_a_publisher(signed_in):
    signed_in("Editors").post(ADD, form())
    assert Picture.objects.get().is_published is False


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
def test_a_fault_is_named_at_its_field(signed_in, changes, field, message):
    response = signed_in().post(ADD, form(**changes))
    assert message in errors(response)[field][0]
    assert not Picture.objects.exists()


def test_decoration_needs_no_words(signed_in):
    assert signed_in().post(ADD, form(alt_en="", is_decorative="on")).status_code == 302


def test_the_form_says_where_sizes_are_missing(signed_in):
    picture = make_picture()
    assert "missing; pages show the original" in signed_in().get(f"{LIST}{picture.pk}/change/").content.decode()


def used_picture() -> Picture:
    picture = make_picture()
    PartnerUniversity.objects.filter(key="university-of-oulu").update(cover=picture)
    Page.objects.filter(key="about").update(cover=picture)
    return picture


@pytest.mark.parametrize("group", [[], ["Editors"]], ids=["root", "editor"])
def test_a_picture_tells_where_it_is_used(signed_in, group):
    picture = used_picture()
    html = signed_in(*group).get(f"{LIST}{picture.pk}/change/").content.decode()
    oulu = PartnerUniversity.objects.get(key="university-of-oulu")
    assert f'<a href="{reverse("admin:partners_partneruniversity_change", args=[oulu.pk])}">' in html
    assert f"partner university: {oulu}" in html
    assert f"page: {Page.objects.get(key='about')}" in html


def test_a_picture_that_is_used_cannot_be_deleted_and_says_where_it_is(signed_in):
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


def test_a_picture_that_is_used_nowhere_is_deleted(signed_in):
    picture = make_picture()
    assert signed_in("Publishers").post(f"{LIST}{picture.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Picture.objects.exists()


def test_the_form_of_a_page_offers_the_pictures_by_what_they_show(signed_in):
    picture = make_picture(name="Harbour at dawn")
    page = Page.objects.get(key="about")
    html = signed_in("Editors").get(f"/admin/pages/page/{page.pk}/change/").content.decode()
    assert f'<input type="radio" name="cover" value="{picture.pk}"' in html
    assert f'<img src="{picture.thumbnail_url}" alt="" loading="lazy">' in html
    assert "<span>Harbour at dawn</span>" in html
    assert "<span>no picture</span>" in html


def test_a_form_takes_the_same_queries_however_many_pictures_there_are(signed_in):
    address = f"/admin/pages/page/{Page.objects.get(key='about').pk}/change/"
    client = signed_in("Editors")
    counts = []
    for more in (2, 20):
        Picture.objects.bulk_create(
            Picture(name=f"Picture {more} {number}", key=f"picture-{more}-{number}", file="a.jpg", width=4, height=3)
            for number in range(more)
        )
        # The first page after a change also reads what all pages show.
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_pictures_move_with_the_content_files(tmp_path, django_capture_on_commit_callbacks):
    picture = used_picture()
    Picture.objects.update(focal_x=10, caption_pl="Port", licence="CC BY 4.0")
    dump(tmp_path)
    Page.objects.update(cover=None)
    PartnerUniversity.objects.update(cover=None)
    picture.delete()
    with django_capture_on_commit_callbacks(execute=True):
        report = ContentFiles(tmp_path).load()
    assert "pictures.harbour" in report.created
    came_back = Picture.objects.get()
    assert (came_back.focal_x, came_back.caption_pl, came_back.licence) == (10, "Port", "CC BY 4.0")
    assert (came_back.width, came_back.height, came_back.has_sizes) == (400, 300, True)
    assert Page.objects.get(key="about").cover == came_back
    assert ContentFiles(tmp_path).load().updated == []
