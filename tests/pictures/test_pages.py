"""Cover pictures on pages of the site, with caption, credit and licence."""

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
PAGES_WITH_COVER = [
    (PartnerUniversity, "university-of-oulu"),
    (Deliverable, "seamless-mobility"),
    (Initiative, "campus"),
    (Page, "about"),
]


def set_cover(model, key: str, picture: Picture) -> str:
    """Set the cover of an item. Return the URL of its page."""
    item = model.objects.get(key=key)
    item.cover = picture
    item.save()
    return item.get_absolute_url()


@pytest.fixture
def picture(django_capture_on_commit_callbacks) -> Picture:
    with django_capture_on_commit_callbacks(execute=True):
        return make_picture(file=photo((800, 600)))


@pytest.mark.nightly
@pytest.mark.parametrize(("model", "key"), PAGES_WITH_COVER, ids=str)
def test_a_page_offers_its_cover_in_several_formats_and_widths(client, picture, model, key):
    html = client.get(set_cover(model, key, picture)).content.decode()
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
    for file_url in re.findall(r'/media/[^" ]+', figure):
        response = client.get(file_url)
        assert response.status_code == 200
        assert response.headers["Content-Type"] in ("image/avif", "image/webp", "image/jpeg")
        assert response.headers["Cache-Control"] == "private, max-age=604800"


@pytest.mark.nightly
@pytest.mark.parametrize(("model", "key"), PAGES_WITH_COVER, ids=str)
def test_a_cover_adds_no_query_to_a_page(client, picture, model, key):
    url = model.objects.get(key=key).get_absolute_url()
    client.get(url)
    with CaptureQueriesContext(connection) as without:
        client.get(url)
    queries = len(without)
    set_cover(model, key, picture)
    # The first response after a change also fills the cache of the layout.
    client.get(url)
    with CaptureQueriesContext(connection) as with_cover:
        assert b'<figure class="picture">' in client.get(url).content
    assert len(with_cover) == queries


def test_a_page_shows_the_upload_if_renditions_are_missing(client):
    picture = make_picture()
    html = client.get(set_cover(Page, "about", picture)).content.decode()
    assert f'src="{picture.file.public_url}"' in html
    assert "<source" not in html
    assert client.get(picture.file.public_url).status_code == 200


def test_a_page_works_even_if_the_upload_is_missing(client, picture):
    url = set_cover(Page, "about", picture)
    picture.file.storage.delete(picture.file.name)
    assert client.get(url).status_code == 200


def test_an_unpublished_picture_is_not_shown(client, picture):
    url = set_cover(Page, "about", picture)
    Picture.objects.update(is_published=False)
    assert b"<picture" not in client.get(url).content


def rendered(tag: str, **context) -> str:
    return Template("{% load pictures %}" + tag).render(Context(context))


def test_a_picture_that_is_not_the_main_one_is_loaded_lazily(picture):
    image = re.search(r"<img[^>]*>", rendered("{% cover_picture picture %}", picture=picture))[0]
    assert 'loading="lazy"' in image
    assert "fetchpriority" not in image


def test_caption_credit_and_licence_are_shown(client, picture):
    picture.caption_en, picture.caption_pl = "The harbour", "Port"
    picture.credit_en, picture.licence, picture.licence_url = "Photo: A. Example", "CC BY 4.0", "https://example.org/by"
    picture.save()
    set_cover(Page, "about", picture)
    html = client.get(Page.objects.get(key="about").get_absolute_url()).content.decode()
    caption = re.search(r"<figcaption>.*?</figcaption>", html, re.DOTALL)[0]
    assert "The harbour" in caption
    assert "Photo: A. Example" in caption
    assert '<a href="https://example.org/by" rel="license">CC BY 4.0</a>' in caption


def test_a_decorative_picture_has_an_empty_alternative_text(picture):
    Picture.objects.update(is_decorative=True, alt_en="")
    assert 'alt=""' in rendered("{% cover_picture picture %}", picture=Picture.objects.get())


def test_texts_of_a_picture_are_escaped(picture):
    Picture.objects.update(alt_en='"><script>', caption_en="<b>")
    html = rendered("{% cover_picture picture %}", picture=Picture.objects.get())
    assert "<script>" not in html
    assert "<b>" not in html


def test_an_unknown_ratio_is_an_error_that_lists_the_known_ones(picture):
    with pytest.raises(TemplateSyntaxError, match="has no ratio “5/4”; use one of whole, 16/9"):
        rendered('{% cover_picture picture ratio="5/4" %}', picture=picture)


def test_without_a_picture_nothing_is_shown():
    assert rendered("{% cover_picture picture %}", picture=None).strip() == ""
