"""Uploaded files: visitors get those of published items, staff those of items that they may view."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliance.models import Alliance
from editorial.models import ScheduledChange
from pages.models import Page
from partners.models import PartnerUniversity
from pictures import views
from pictures.models import Picture
from tests.pictures.factories import make_picture, photo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOGOS = [
    (PartnerUniversity, "university-of-oulu", "logo"),
    (Alliance, "alliance", "logo"),
    (Alliance, "alliance", "emblem"),
    (Alliance, "alliance", "icon"),
]


@pytest.fixture(autouse=True)
def no_public_names():
    views.public_names.clear()


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A block after which the callbacks of the commit are run."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def picture(committed) -> Picture:
    """The cover picture of a published page, with its renditions."""
    with committed():
        picture = make_picture(file=photo((400, 300)))
        Page.objects.filter(key="about").update(cover=picture)
    return picture


@pytest.fixture
def oulu(committed) -> PartnerUniversity:
    """A university with a logo."""
    with committed():
        return with_logo()


def with_logo() -> PartnerUniversity:
    university = PartnerUniversity.objects.get(key="university-of-oulu")
    university.logo = photo((40, 30), "PNG", name="logo.png")
    university.save()
    return university


def rendition_url(picture: Picture) -> str:
    return picture.rendition("16/9").url


def status(url: str, **headers) -> int:
    return Client(headers=headers).get(url).status_code


@pytest.mark.nightly
@pytest.mark.parametrize(("model", "key", "field"), LOGOS, ids=str)
def test_a_logo_is_public_while_its_item_is_published(model, key, field):
    item = model.objects.get(key=key)
    setattr(item, field, photo((40, 30), "PNG", name="logo.png"))
    item.save()
    url = getattr(item, field).public_url
    assert url.startswith("/media/")
    response = Client().get(url)
    assert response.getvalue() == getattr(item, field).open().read()
    model.objects.filter(pk=item.pk).update(is_published=False)
    assert status(url) == 404


def unpublish_by_saving(oulu):
    oulu.is_published = False
    oulu.save()


def unpublish_by_update(oulu):
    PartnerUniversity.objects.update(is_published=False)


def unpublish_as_scheduled(oulu):
    ScheduledChange.objects.create(item=oulu, is_published=False, at=timezone.now() - timedelta(seconds=1))
    assert ScheduledChange.objects.apply_due() == 1


def unpublish_by_sql(oulu):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partners_partneruniversity SET is_published = %s", [False])


def empty_the_field(oulu):
    oulu.logo = ""
    oulu.save()


def replace_the_file(oulu):
    oulu.logo = photo((40, 30), "PNG", name="logo.png")
    oulu.save()


def delete_the_item(oulu):
    oulu.delete()


CHANGES = [
    unpublish_by_saving,
    unpublish_by_update,
    unpublish_as_scheduled,
    unpublish_by_sql,
    empty_the_field,
    replace_the_file,
    delete_the_item,
]


@pytest.mark.nightly
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_file_is_not_public_from_the_next_request_after_any_change(oulu, change):
    url = oulu.logo.public_url
    assert status(url) == 200
    # Without the callbacks of the commit, which would delete the file.
    change(oulu)
    assert status(url) == 404


def test_another_upload_with_the_same_name_has_another_url(oulu, committed):
    first = oulu.logo.public_url
    with committed():
        empty_the_field(oulu)
    assert not default_storage.exists(first.removeprefix("/media/"))
    replace_the_file(oulu)
    assert oulu.logo.public_url != first
    assert (status(first), status(oulu.logo.public_url)) == (404, 200)


def unpublish_the_picture(picture):
    Picture.objects.update(is_published=False)


def unpublish_the_page(picture):
    Page.objects.filter(cover=picture).update(is_published=False)


def remove_it_from_the_page(picture):
    Page.objects.update(cover=None)


def move_its_focal_point(picture):
    picture.focal_x = 10
    picture.save()


def replace_its_file(picture):
    picture.file = photo((400, 300))
    picture.save()


def delete_it(picture):
    Page.objects.update(cover=None)
    picture.delete()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "change",
    [
        unpublish_the_picture,
        unpublish_the_page,
        remove_it_from_the_page,
        move_its_focal_point,
        replace_its_file,
        delete_it,
    ],
    ids=lambda change: change.__name__,
)
def test_renditions_are_public_while_a_published_page_shows_the_picture(picture, change):
    urls = re.findall(r"/media/\S+", " ".join(s.srcset for s in picture.rendition("16/9").sources))
    urls.append(rendition_url(picture))
    assert {status(url) for url in urls} == {200}
    change(picture)
    assert {status(url) for url in urls} == {404}


@pytest.mark.parametrize("change", [replace_its_file, delete_it], ids=lambda change: change.__name__)
def test_renditions_are_deleted_with_their_upload(picture, committed, change):
    folder = picture.renditions_path
    with committed():
        change(picture)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("model", "key"),
    [(PartnerUniversity, "university-of-oulu"), (Page, "about")],
    ids=str,
)
def test_a_picture_is_public_if_at_least_one_published_item_uses_it(committed, model, key):
    with committed():
        picture = make_picture()
    url = rendition_url(picture)
    assert status(url) == 404
    item = model.objects.get(key=key)
    item.cover, item.is_published = picture, False
    item.save()
    assert status(url) == 404
    model.objects.filter(pk=item.pk).update(is_published=True)
    assert status(url) == 200


def test_an_upload_is_public_only_while_renditions_are_missing(picture):
    assert status(picture.file.public_url) == 404
    (picture.renditions_path / "16x9-400.jpg").unlink()
    assert status(picture.file.public_url) == 200
    picture.make_renditions()
    assert status(picture.file.public_url) == 404


@pytest.mark.nightly
@pytest.mark.parametrize(
    "name",
    [
        "",
        "pictures/",
        "pictures/sizes/",
        "../secret",
        "partners/../secret",
        "%2e%2e/secret",
        "{folder}/../../../../secret",
        "{folder}",
        "{folder}/",
        "{folder}/nothing.avif",
        "{folder}/%00",
        "partners/%00",
        "partners/%ff.png",
        "partners/" + "a" * 5000,
    ],
)
def test_other_names_are_not_found(picture, settings, name):
    (settings.MEDIA_ROOT.parent / "secret").write_text("hidden")
    folder = picture.rendition_name("").rstrip("/")
    for client in (Client(), Client(headers={"accept": "text/html"})):
        assert client.get("/media/" + name.format(folder=folder), follow=True).status_code == 404


def test_a_file_takes_one_query_for_any_number_of_files(picture, oulu):
    urls = [rendition_url(picture), oulu.logo.public_url]
    for more in (2, 20):
        Picture.objects.bulk_create(
            Picture(name=f"P {more} {n}", key=f"p-{more}-{n}", file=f"pictures/{more}-{n}.jpg", width=4, height=3)
            for n in range(more)
        )
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert status(url) == 200
            assert len(queries) == 1


def test_browsers_may_cache_a_file_and_nginx_for_a_second_and_no_other_cache(oulu):
    response = Client(headers={"accept-encoding": "gzip, br"}).get(oulu.logo.public_url)
    assert response.headers["Cache-Control"] == "private, max-age=604800"
    names = [name.lower() for name in response.headers]
    # nginx uses the header that comes first.
    assert names.index("x-accel-expires") < names.index("cache-control")
    moment = int(response.headers["X-Accel-Expires"].removeprefix("@"))
    assert abs(moment - timezone.now().timestamp()) < 5
    assert int(response.headers["Content-Length"]) == oulu.logo.size
    assert "Content-Encoding" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_conditional_request_is_answered_with_304_and_the_same_headers(oulu):
    first = Client().get(oulu.logo.public_url)
    for condition in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = Client(headers=condition).get(oulu.logo.public_url)
        assert (again.status_code, again.content) == (304, b"")
        for header in ("ETag", "Cache-Control", "X-Accel-Expires", "Last-Modified"):
            assert again.headers[header]
    PartnerUniversity.objects.update(is_published=False)
    assert Client(headers={"if-none-match": first["ETag"]}).get(oulu.logo.public_url).status_code == 404


def test_nginx_caches_a_404_too_and_people_get_it_as_a_page():
    image = Client(headers={"accept": "image/avif,image/webp,*/*;q=0.8"}).get("/media/partners/logo.png")
    assert (image.status_code, image.content) == (404, b"Not found\n")
    assert image.headers["X-Accel-Expires"].startswith("@")
    page = Client(headers={"accept": "text/html,*/*;q=0.8", "accept-language": "pl"}).get("/media/partners/logo.png")
    assert page.status_code == 404
    assert '<html lang="pl"' in page.text
    assert page.headers["X-Accel-Expires"].startswith("@")
    assert "X-Accel-Expires" not in Client().get("/media/partners/logo.png?made-up=1").headers


def test_without_the_database_files_are_served_that_were_public_at_their_last_check(oulu, picture):
    checked, unchecked, unpublished = oulu.logo.public_url, rendition_url(picture), Alliance.objects.get()
    unpublished.logo = photo((40, 30), "PNG", name="logo.png")
    unpublished.save()
    assert status(checked) == status(unpublished.logo.public_url) == 200
    Alliance.objects.update(is_published=False)
    assert status(unpublished.logo.public_url) == 404

    def refuse(*args):
        raise OperationalError("the server is unavailable")

    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(refuse):
        assert client.get(checked).status_code == 200
        assert client.get(unchecked).status_code == 503
        assert client.get(unpublished.logo.public_url).status_code == 503


# Staff


@pytest.fixture
def signed_in(client, staff):
    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


@pytest.fixture
def hidden_files(oulu, picture) -> list[str]:
    """The URLs for staff of files that are not public."""
    PartnerUniversity.objects.update(is_published=False)
    Picture.objects.update(is_published=False)
    return [oulu.logo.url, picture.file.url, picture.thumbnail_url, picture.staff_rendition("whole").url]


@pytest.mark.nightly
@pytest.mark.parametrize("group", [[], ["Editors"], ["Publishers"], ["Translators"]], ids=str)
def test_staff_can_view_files_of_unpublished_items(signed_in, hidden_files, group):
    client = signed_in(*group)
    for url in hidden_files:
        assert url.startswith("/admin/files/")
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "X-Accel-Expires" not in response.headers
        assert client.get(url, headers={"if-none-match": response["ETag"]}).status_code == 304
        assert status(url.replace("/admin/files/", "/media/")) == 404


def test_files_for_staff_need_a_sign_in_and_the_permission_to_view_an_item(signed_in, hidden_files):
    for url in hidden_files:
        assert Client().get(url)["Location"].startswith("/admin/login/")
    client = signed_in("A group without permissions")
    assert {client.get(url).status_code for url in hidden_files} == {403}
    assert client.get("/admin/files/%00").status_code == 404


def test_staff_who_may_change_pages_can_view_pictures_but_no_logos(client, staff, oulu, picture):
    user = staff("Privacy officers")
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    client.force_login(user)
    assert client.get(picture.thumbnail_url).status_code == 200
    assert client.get(oulu.logo.url).status_code == 403


def test_nobody_can_view_a_file_that_no_item_uses(signed_in, oulu):
    PartnerUniversity.objects.update(logo="")
    assert signed_in().get(oulu.logo.url).status_code == 403


def test_urls_for_staff_are_in_the_admin_and_never_on_the_site(signed_in, oulu, picture):
    client = signed_in()
    for path in (
        "/admin/partners/partneruniversity/",
        f"/admin/partners/partneruniversity/{oulu.pk}/change/",
        "/admin/pictures/picture/",
        f"/admin/pictures/picture/{picture.pk}/change/",
    ):
        html = client.get(path).text
        assert '"/admin/files/' in html
        assert '"/media/' not in html
    for path in (oulu.get_absolute_url(), Page.objects.get(key="about").get_absolute_url()):
        html = Client().get(path).text
        assert '"/media/' in html
        assert "/admin/files/" not in html
