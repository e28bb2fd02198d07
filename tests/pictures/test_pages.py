"""Pictures where visitors meet them: at the head of a page, with their words and rights."""

import re

import pytest
from django.db import connection
from django.template import Context, Template, TemplateSyntaxError
from django.test.utils import CaptureQueriesContext

from alliance.models import Deliverable, Initiative
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.pictures.factories import make_picture, photo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
COVERED = [
    (PartnerUniversity, "university-of-oulu"),
    (Deliverable, "seamless-mobility"),
    (Initiative, "campus"),
    (Page, "about"),
]


def cover(model, key: str, picture: Picture) -> str:
    """Put `picture` on the item's page; return the page's address."""
    item = model.objects.get(key=key)
    item.cover = picture
    item.save()
    return item.get_absolute_url()


@pytest.fixture
def picture(django_capture_on_commit_callbacks) -> Picture:
    with django_capture_on_commit_callbacks(execute=True):
        return make_picture(file=photo((800, 600)))


@pytest.mark.parametrize(("model", "key"), COVERED, ids=str)
def test_a_page_shows_its_cover_in_the_format_and_width_that_the_browser_chooses(client, picture, model, key):
    html = client.get(cover(model, key, picture)).content.decode()
    figure = re.search(r'<figure class="picture">.*?</figure>', html, re.DOTALL)[0]
    assert re.findall(r'<source type="([^"]+)"', figure) == ["image/avif", "image/webp"]
    assert re.findall(r"\S+-(\d+)\.avif (\d+)w", figure) == [(w, w) for w in ("360", "720", "800")]
    image = re.search(r"<img[^>]*>", figure)[0]
    assert 'width="800"' in image
    assert 'height="450"' in image
    assert 'alt="Cranes over a harbour"' in image
    assert 'fetchpriority="high"' in image
    assert "loading" not in image
    assert f'fill="{picture.colour}"' in figure
    for url in re.findall(r'/media/[^" ]+', figure):
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["Content-Type"] in ("image/avif", "image/webp", "image/jpeg")
        assert response.headers["Cache-Control"] == "private, max-age=604800"


@pytest.mark.parametrize(("model", "key"), COVERED, ids=str)
def test_a_cover_costs_a_page_no_query(client, picture, model, key):
    address = model.objects.get(key=key).get_absolute_url()
    client.get(address)
    with CaptureQueriesContext(connection) as without:
        client.get(address)
    queries = len(without)
    cover(model, key, picture)
    # The first page after a change also reads what all pages show.
    client.get(address)
    with CaptureQueriesContext(connection) as with_cover:
        assert b'<figure class="picture">' in client.get(address).content
    assert len(with_cover) == queries


def test_a_page_whose_pictures_sizes_are_missing_shows_the_original(client):
    picture = make_picture()
    html = client.get(cover(Page, "about", picture)).content.decode()
    assert f'src="{picture.file.public_url}"' in html
    assert "<source" not in html
    assert client.get(picture.file.public_url).status_code == 200


def test_a_page_survives_that_even_the_original_is_lost(client, picture):
    address = cover(Page, "about", picture)
    picture.file.storage.delete(picture.file.name)
    assert client.get(address).status_code == 200


def test_a_picture_that_is_not_published_stays_away(client, picture):
    address = cover(Page, "about", picture)
    Picture.objects.update(is_published=False)
    assert b"<picture" not in client.get(address).content


def shown(tag: str, **context) -> str:
    return Template("{% load pictures %}" + tag).render(Context(context))


def test_a_picture_below_the_first_view_waits_until_it_is_near(picture):
    image = re.search(r"<img[^>]*>", shown("{% cover_picture picture %}", picture=picture))[0]
    assert 'loading="lazy"' in image
    assert "fetchpriority" not in image


def test_caption_credit_and_licence_stand_below_where_asked_in_the_readers_language(client, picture):
    picture.caption_en, picture.caption_pl = "The harbour", "Port"
    picture.credit_en, picture.licence, picture.licence_url = "Photo: A. Example", "CC BY 4.0", "https://example.org/by"
    picture.save()
    cover(Page, "about", picture)
    html = client.get(Page.objects.get(key="about").get_absolute_url()).content.decode()
    caption = re.search(r"<figcaption>.*?</figcaption>", html, re.DOTALL)[0]
    assert "The harbour" in caption
    assert "Photo: A. Example" in caption
    assert '<a href="https://example.org/by" rel="license">CC BY 4.0</a>' in caption
    assert "<figcaption" not in shown("{% cover_picture picture with_caption=False %}", picture=picture)


def test_decoration_has_an_empty_description(picture):
    Picture.objects.update(is_decorative=True, alt_en="")
    assert 'alt=""' in shown("{% cover_picture picture %}", picture=Picture.objects.get())


def test_words_of_staff_are_no_markup(picture):
    Picture.objects.update(alt_en='"><script>', caption_en="<b>")
    html = shown("{% cover_picture picture %}", picture=Picture.objects.get())
    assert "<script>" not in html
    assert "<b>" not in html


def test_a_ratio_that_is_not_made_is_refused_by_name(picture):
    with pytest.raises(TemplateSyntaxError, match="knows no ratio “5/4”; use one of whole, 16/9"):
        shown('{% cover_picture picture ratio="5/4" %}', picture=picture)


def test_where_there_is_no_picture_nothing_is_shown():
    assert shown("{% cover_picture picture %}", picture=None).strip() == ""
