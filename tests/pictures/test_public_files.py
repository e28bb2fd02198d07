"""Uploaded files: visitors get them while a published item uses them, staff whenever they may see the item."""

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

pytestmark = pytest.mark.django_db
LOGOS = [
    (PartnerUniversity, "university-of-oulu", "logo"),
    (Alliance, "alliance", "logo"),
    (Alliance, "alliance", "emblem"),
]


@pytest.fixture(autouse=True)
def nothing_is_known_yet():
    views.last_known.clear()


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A block after which everything is done that waits for the end of the transaction."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def picture(committed) -> Picture:
    """A picture with its sizes, at the head of a published page."""
    with committed():
        picture = make_picture(file=photo((800, 600)))
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


def public_url_of_a_size(picture: Picture) -> str:
    return picture.rendition("16/9").url


def status(url: str, **headers) -> int:
    return Client(headers=headers).get(url).status_code


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


def take_off_in_the_form(oulu):
    oulu.is_published = False
    oulu.save()


def take_off_by_an_update(oulu):
    PartnerUniversity.objects.update(is_published=False)


def take_off_as_scheduled(oulu):
    ScheduledChange.objects.create(item=oulu, is_published=False, at=timezone.now() - timedelta(seconds=1))
    assert ScheduledChange.objects.carry_out() == 1


def take_off_by_sql(oulu):
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


WAYS_TO_END_IT = [
    take_off_in_the_form,
    take_off_by_an_update,
    take_off_as_scheduled,
    take_off_by_sql,
    empty_the_field,
    replace_the_file,
    delete_the_item,
]


@pytest.mark.parametrize("end", WAYS_TO_END_IT, ids=lambda way: way.__name__)
def test_a_file_is_gone_from_the_next_request_on_however_its_item_changed(oulu, end):
    url = oulu.logo.public_url
    assert status(url) == 200
    # Before anything that waits for the commit, such as deleting the file.
    end(oulu)
    assert status(url) == 404


def test_another_upload_of_the_same_name_has_another_address(oulu, committed):
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


def take_it_off_the_page(picture):
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


@pytest.mark.parametrize(
    "end",
    [
        unpublish_the_picture,
        unpublish_the_page,
        take_it_off_the_page,
        move_its_focal_point,
        replace_its_file,
        delete_it,
    ],
    ids=lambda way: way.__name__,
)
def test_the_sizes_of_a_picture_are_public_while_a_published_page_shows_them(picture, end):
    urls = re.findall(r"/media/\S+", " ".join(s.srcset for s in picture.rendition("16/9").sources))
    urls.append(public_url_of_a_size(picture))
    assert {status(url) for url in urls} == {200}
    end(picture)
    assert {status(url) for url in urls} == {404}


@pytest.mark.parametrize("end", [replace_its_file, delete_it], ids=lambda way: way.__name__)
def test_the_sizes_of_a_file_leave_the_disk_with_it(picture, committed, end):
    folder = picture.sizes_path
    with committed():
        end(picture)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("model", "key"),
    [(PartnerUniversity, "university-of-oulu"), (Page, "about")],
    ids=str,
)
def test_one_published_item_is_enough_and_an_unpublished_one_is_not(committed, model, key):
    with committed():
        picture = make_picture()
    url = public_url_of_a_size(picture)
    assert status(url) == 404
    item = model.objects.get(key=key)
    item.cover, item.is_published = picture, False
    item.save()
    assert status(url) == 404
    model.objects.filter(pk=item.pk).update(is_published=True)
    assert status(url) == 200


def test_the_original_of_a_picture_is_public_only_while_pages_show_it_in_place_of_its_sizes(picture):
    assert status(picture.file.public_url) == 404
    (picture.sizes_path / "1x1-600.jpg").unlink()
    assert status(picture.file.public_url) == 200
    picture.make_sizes()
    assert status(picture.file.public_url) == 404


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
def test_nothing_else_is_served(picture, settings, name):
    (settings.MEDIA_ROOT.parent / "secret").write_text("hidden")
    folder = picture.size_name("").rstrip("/")
    for client in (Client(), Client(headers={"accept": "text/html"})):
        assert client.get("/media/" + name.format(folder=folder), follow=True).status_code == 404


def test_a_file_costs_one_query_however_many_there_are(picture, oulu):
    urls = [public_url_of_a_size(picture), oulu.logo.public_url]
    for more in (2, 20):
        Picture.objects.bulk_create(
            Picture(name=f"P {more} {n}", key=f"p-{more}-{n}", file=f"pictures/{more}-{n}.jpg", width=4, height=3)
            for n in range(more)
        )
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert status(url) == 200
            assert len(queries) == 1


def test_a_browser_keeps_a_file_and_no_cache_between_does_but_our_own_for_a_second(oulu):
    response = Client(headers={"accept-encoding": "gzip, br"}).get(oulu.logo.public_url)
    assert response.headers["Cache-Control"] == "private, max-age=604800"
    names = [name.lower() for name in response.headers]
    # nginx heeds the one that comes first.
    assert names.index("x-accel-expires") < names.index("cache-control")
    moment = int(response.headers["X-Accel-Expires"].removeprefix("@"))
    assert abs(moment - timezone.now().timestamp()) < 5
    assert int(response.headers["Content-Length"]) == oulu.logo.size
    assert "Content-Encoding" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_browser_that_has_the_file_is_told_so_with_the_same_headers(oulu):
    first = Client().get(oulu.logo.public_url)
    for condition in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = Client(headers=condition).get(oulu.logo.public_url)
        assert (again.status_code, again.content) == (304, b"")
        for header in ("ETag", "Cache-Control", "X-Accel-Expires", "Last-Modified"):
            assert again.headers[header]
    PartnerUniversity.objects.update(is_published=False)
    assert Client(headers={"if-none-match": first["ETag"]}).get(oulu.logo.public_url).status_code == 404


def test_that_there_is_no_such_file_takes_its_place_in_nginx_and_is_a_page_for_who_opens_it():
    image = Client(headers={"accept": "image/avif,image/webp,*/*;q=0.8"}).get("/media/partners/logo.png")
    assert (image.status_code, image.content) == (404, b"Not found\n")
    assert image.headers["X-Accel-Expires"].startswith("@")
    page = Client(headers={"accept": "text/html,*/*;q=0.8", "accept-language": "pl"}).get("/media/partners/logo.png")
    assert page.status_code == 404
    assert '<html lang="pl"' in page.text
    assert page.headers["X-Accel-Expires"].startswith("@")
    assert "X-Accel-Expires" not in Client().get("/media/partners/logo.png?made-up=1").headers


def test_while_the_database_is_away_files_are_served_that_were_public_when_it_was_last_asked(oulu, picture):
    known, asked_never, taken_off = oulu.logo.public_url, public_url_of_a_size(picture), Alliance.objects.get()
    taken_off.logo = photo((40, 30), "PNG", name="logo.png")
    taken_off.save()
    assert status(known) == status(taken_off.logo.public_url) == 200
    Alliance.objects.update(is_published=False)
    assert status(taken_off.logo.public_url) == 404

    def refuse(*args):
        raise OperationalError("the server is away")

    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(refuse):
        assert client.get(known).status_code == 200
        assert client.get(asked_never).status_code == 503
        assert client.get(taken_off.logo.public_url).status_code == 503


# Staff


@pytest.fixture
def signed_in(client, staff):
    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


@pytest.fixture
def hidden_files(oulu, picture) -> list[str]:
    """The addresses for staff of files that no visitor gets."""
    PartnerUniversity.objects.update(is_published=False)
    Picture.objects.update(is_published=False)
    return [oulu.logo.url, picture.file.url, picture.thumbnail_url, picture.staff_rendition("whole").url]


@pytest.mark.parametrize("group", [[], ["Editors"], ["Publishers"], ["Translators"]], ids=str)
def test_staff_see_the_files_of_what_is_not_published(signed_in, hidden_files, group):
    client = signed_in(*group)
    for url in hidden_files:
        assert url.startswith("/admin/files/")
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "X-Accel-Expires" not in response.headers
        assert client.get(url, headers={"if-none-match": response["ETag"]}).status_code == 304
        assert status(url.replace("/admin/files/", "/media/")) == 404


def test_who_is_not_signed_in_is_sent_to_sign_in_and_who_may_see_no_such_item_is_refused(signed_in, hidden_files):
    for url in hidden_files:
        assert Client().get(url)["Location"].startswith("/admin/login/")
    client = signed_in("Privacy officers")
    assert {client.get(url).status_code for url in hidden_files} == {403}
    assert client.get("/admin/files/%00").status_code == 403


def test_who_may_choose_a_picture_for_a_page_sees_it_and_no_logo(client, staff, oulu, picture):
    user = staff("Privacy officers")
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    client.force_login(user)
    assert client.get(picture.thumbnail_url).status_code == 200
    assert client.get(oulu.logo.url).status_code == 403


def test_a_file_that_nothing_names_is_seen_by_nobody(signed_in, oulu):
    PartnerUniversity.objects.update(logo="")
    assert signed_in().get(oulu.logo.url).status_code == 403


def test_pages_of_the_admin_name_files_by_the_addresses_for_staff_and_pages_of_the_site_never_do(
    signed_in, oulu, picture
):
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
