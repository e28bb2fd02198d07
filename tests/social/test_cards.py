"""Share cards: every page has a picture of its own in each language, that others show beside a link to it."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from PIL import Image

from alliance.models import Alliance
from pages.models import Page
from partners.models import PartnerUniversity
from social import label
from social.cards import Card, everything
from tests.alphabets import ALPHABETS
from tests.partners.factories import fill_with_partners

# What is drawn and said is the same on every database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Where this test keeps its cards."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "share"


def card_of(subject, language: str = "en") -> Card:
    universities = PartnerUniversity.objects.published().for_map()
    with translation.override(language):
        return Card.of(subject, Alliance.objects.with_host().first(), universities)


def host() -> PartnerUniversity:
    return Alliance.objects.get().host


def size_of(png: bytes) -> tuple[int, int]:
    picture = Image.open(BytesIO(png))
    picture.load()
    assert picture.format == "PNG"
    return picture.size


def meta(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', html))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_names_its_card_and_the_size_that_it_has(client, every_page, language):
    cards = set()
    for path in [path for path in every_page if path.startswith(f"/{language}/")]:
        said = meta(every_page[path].content.decode())
        assert said["twitter:card"] == "summary_large_image"
        assert said["og:image"].startswith(f"http://testserver/share/{language}/"), path
        assert said["og:image:alt"]
        assert f"{said['og:image:width']}x{said['og:image:height']}" == "1200x630"
        cards.add(said["og:image"].removeprefix("http://testserver"))
    assert len(cards) >= 28
    drawn = [client.get(card) for card in sorted(cards)[:4]]
    assert {png.headers["Content-Type"] for png in drawn} == {"image/png"}
    assert {size_of(png.content) for png in drawn} == {(1200, 630)}
    assert len({png.content for png in drawn}) == 4


def test_a_page_about_something_else_shows_the_card_of_the_home_page(rf):
    context = {
        "request": rf.get("/"),
        "subject": "something without a card",
        "alliance": Alliance.objects.with_host().first(),
        "layout_pages": Page.objects.for_layout(),
    }
    drawn = Template("{% load social %}{% share_card as card %}{{ card.path }}").render(Context(context))
    assert drawn == card_of(Page.objects.get(kind=Page.Kind.HOME)).path


def test_a_card_is_the_same_whenever_it_is_drawn():
    assert card_of(host()).draw() == card_of(host()).draw()


def test_another_title_has_another_address_and_another_picture():
    partner = host()
    before = card_of(partner)
    partner.name_en = "Another Name"
    after = card_of(partner)
    assert before.path != after.path
    assert before.draw() != after.draw()


def test_another_fact_of_a_neighbour_has_another_address():
    before = card_of(host()).path
    PartnerUniversity.objects.filter(role="coordinator").update(latitude=50)
    assert card_of(host()).path != before


def test_without_universities_the_label_lies_on_plain_paper():
    card = replace(card_of(Page.objects.get(kind=Page.Kind.HOME)), universities=())
    assert size_of(card.draw()) == (1200, 630)


@pytest.mark.parametrize("path", ["/en/", "/en/vision/", "/en/partners/", "/en/partners/university-of-lodz/"])
def test_with_more_universities_than_threads_a_page_still_names_its_present_card(client, path):
    fill_with_partners(12)
    card = meta(client.get(path).content.decode())["og:image"].removeprefix("http://testserver")
    response = client.get(card)
    assert (response.status_code, size_of(response.content)) == (200, (1200, 630))


def test_a_card_takes_the_same_queries_however_many_universities_there_are(client):
    counts = []
    for total in (10, 40):
        fill_with_partners(total)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(card_of(host()).path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_picture_is_kept_for_good_and_may_be_shown_by_others(client):
    response = client.get(card_of(host()).path)
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Language"] == "en"


def test_the_address_of_an_older_picture_leads_to_the_present_one(client):
    card = card_of(host(), "pl")
    response = client.get(card.path.replace(card.digest, "0123456789"))
    assert (response.status_code, response.headers["Location"]) == (302, card.path)


@pytest.mark.parametrize(
    "path", ["en/partner/nowhere", "en/nothing/alliance", "xx/screen/consent-settings", "en/screen/x"]
)
def test_what_is_not_there_has_no_card(client, path):
    assert client.get(f"/share/{path}.0123456789.png").status_code == 404


def test_what_is_not_published_has_no_card(client):
    page = Page.objects.get(kind=Page.Kind.VISION)
    path = card_of(page).path
    Page.objects.filter(pk=page.pk).update(is_published=False)
    assert client.get(path).status_code == 404


def test_a_card_is_drawn_once_and_then_read_from_the_disk(client, folder):
    card = card_of(host())
    first = client.get(card.path).content
    assert [file.name for file in folder.iterdir()] == [f"{card.digest}.png"]
    (folder / f"{card.digest}.png").write_bytes(first + b"kept")
    assert client.get(card.path).content == first + b"kept"


def test_a_card_is_drawn_where_the_disk_takes_nothing(client, folder):
    folder.write_text("a file where the folder should be")
    assert size_of(client.get(card_of(host()).path).content) == (1200, 630)


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert size_of(card_of(host()).png()) == (1200, 630)
    assert list(folder.iterdir()) == []


def test_the_command_draws_what_is_missing_and_removes_what_is_outdated(folder, capsys):
    Page.objects.exclude(kind=Page.Kind.HOME).delete()
    PartnerUniversity.objects.exclude(pk=host().pk).update(is_published=False)
    folder.mkdir()
    (folder / "outdated.png").write_bytes(b"")
    call_command("make_share_cards")
    said = capsys.readouterr().out
    total = len(LANGUAGES) * len(list(everything()))
    assert f"{total} cards: {total} drawn, 1 outdated ones removed." in said
    assert len(list(folder.iterdir())) == total
    call_command("make_share_cards")
    assert f"{total} cards: 0 drawn, 0 outdated ones removed." in capsys.readouterr().out


def test_the_command_says_where_there_is_no_room(folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(CommandError, match="Make room"):
        call_command("make_share_cards")


@pytest.mark.parametrize("language", ALPHABETS)
def test_every_letter_of_each_language_is_drawn_and_none_as_a_box(language):
    letters = ALPHABETS[language]
    for text in (letters, letters.upper().replace("SS", "ẞ")):
        face, kept = label.set_in_a_face(text)
        assert kept == text
        assert all(label.has(face, letter) for letter in text)


def test_a_letter_that_no_face_has_is_left_out():
    assert label.set_in_a_face("UNIC 🎉  Łódź\u4e16")[1] == "UNIC Łódź"


@pytest.mark.parametrize("title", ["A", "Word " * 30, "Superdiversität" * 10, "Ł" * 150, ""])
def test_a_title_of_any_length_fits_on_the_label(title):
    width = 900
    face, text = label.set_in_a_face(title)
    font, lines = label.fitted(text, face, width)
    assert all(font.getlength(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(title.split())
    assert len(lines) * font.size * label.LEADING <= 400


def test_every_title_on_the_site_can_be_written_whole():
    for subject in everything():
        for language in LANGUAGES:
            card = card_of(subject, language)
            for text in (card.title, card.line):
                assert label.set_in_a_face(text)[1] == " ".join(text.split())
