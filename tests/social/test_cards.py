"""Share cards: every page has a picture for link previews in each language."""

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
from editorial.models import Content
from pages.models import Page
from partners.models import PartnerUniversity
from social import label
from social.cards import Card, all_cards, card_subjects
from tests.alphabets import ALPHABETS
from tests.partners.factories import fill_with_partners

# Independent of the database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """The folder of the cards in this test."""
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


def test_each_page_names_its_card_with_its_size(client, every_page):
    cards: dict[str, set[str]] = {}
    for path, response in every_page.items():
        language = path.split("/")[1]
        tags = meta(response.content.decode())
        assert tags["twitter:card"] == "summary_large_image"
        assert tags["og:image"].startswith(f"http://testserver/share/{language}/"), path
        assert tags["og:image:alt"]
        assert f"{tags['og:image:width']}x{tags['og:image:height']}" == "1200x630"
        cards.setdefault(language, set()).add(tags["og:image"].removeprefix("http://testserver"))
    for of_language in cards.values():
        assert len(of_language) >= 28
        drawn = [client.get(card) for card in sorted(of_language)[:4]]
        assert {png.headers["Content-Type"] for png in drawn} == {"image/png"}
        assert {size_of(png.content) for png in drawn} == {(1200, 630)}
        assert len({png.content for png in drawn}) == 4


def test_a_page_without_a_card_uses_that_of_the_home_page(rf):
    context = {
        "request": rf.get("/"),
        "subject": "something without a card",
        "alliance": Alliance.objects.with_host().first(),
        "layout_pages": Page.objects.for_layout(),
        "universities": PartnerUniversity.objects.published().for_map(),
    }
    path = Template("{% load social %}{% share_card as card %}{{ card.path }}").render(Context(context))
    assert path == card_of(Page.objects.get(kind=Page.Kind.HOME)).path


def test_drawing_a_card_is_deterministic():
    assert card_of(host()).draw() == card_of(host()).draw()


def test_a_new_title_changes_url_and_picture():
    partner = host()
    before = card_of(partner)
    partner.name_en = "Another Name"
    after = card_of(partner)
    assert before.path != after.path
    assert before.draw() != after.draw()


def test_a_changed_fact_of_a_neighbour_changes_the_url():
    before = card_of(host()).path
    PartnerUniversity.objects.filter(role="coordinator").update(latitude=50)
    assert card_of(host()).path != before


def test_without_universities_the_background_is_plain():
    card = replace(card_of(Page.objects.get(kind=Page.Kind.HOME)), universities=())
    assert size_of(card.draw()) == (1200, 630)


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/en/", "/en/vision/", "/en/partners/", "/en/partners/university-of-lodz/"])
def test_with_more_universities_than_threads_a_page_names_its_current_card(client, path):
    fill_with_partners(12)
    card = meta(client.get(path).content.decode())["og:image"].removeprefix("http://testserver")
    response = client.get(card)
    assert (response.status_code, size_of(response.content)) == (200, (1200, 630))


def test_a_card_takes_the_same_queries_for_any_number_of_universities(client):
    counts = []
    for total in (10, 40):
        fill_with_partners(total)
        # A new content version, for which another test has cached no objects.
        host().save()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(card_of(host()).path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_card_may_be_cached_for_ever_and_shown_on_other_sites(client):
    response = client.get(card_of(host()).path)
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Language"] == "en"


def test_the_url_of_an_outdated_card_redirects_to_the_current_one(client):
    card = card_of(host(), "pl")
    response = client.get(card.path.replace(card.digest, "0123456789"))
    assert (response.status_code, response.headers["Location"]) == (302, card.path)


@pytest.mark.parametrize(
    "path", ["en/partner/nowhere", "en/nothing/alliance", "xx/screen/consent-settings", "en/screen/x"]
)
def test_an_unknown_subject_has_no_card(client, path):
    assert client.get(f"/share/{path}.0123456789.png").status_code == 404


def test_an_unpublished_page_has_no_card(client):
    page = Page.objects.get(kind=Page.Kind.VISION)
    path = card_of(page).path
    Page.objects.filter(pk=page.pk).update(is_published=False)
    assert client.get(path).status_code == 404


def test_a_card_is_drawn_once_and_then_read_from_the_disk(client, folder):
    card = card_of(host())
    first = client.get(card.path).content
    assert [file.name for file in folder.iterdir()] == [f"{card.digest}.png"]
    (folder / f"{card.digest}.png").write_bytes(first + b"stored")
    assert client.get(card.path).content == first + b"stored"


def test_a_card_is_drawn_if_it_cannot_be_stored(client, folder):
    folder.write_text("a file where the folder should be")
    assert size_of(client.get(card_of(host()).path).content) == (1200, 630)


def test_a_failed_write_leaves_no_file(folder, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert size_of(card_of(host()).png()) == (1200, 630)
    assert list(folder.iterdir()) == []


@pytest.mark.nightly
def test_the_command_draws_missing_cards_and_removes_outdated_ones(folder, capsys):
    for model in {type(subject) for subject in card_subjects() if isinstance(subject, Content)} - {Page}:
        model.objects.update(is_published=False)
    PartnerUniversity.objects.filter(pk=host().pk).update(is_published=True)
    Page.objects.exclude(kind=Page.Kind.HOME).delete()
    folder.mkdir()
    (folder / "outdated.png").write_bytes(b"")
    call_command("make_share_cards")
    output = capsys.readouterr().out
    total = len(LANGUAGES) * len(list(card_subjects()))
    assert f"{total} cards: {total} drawn, 1 outdated cards removed." in output
    assert len(list(folder.iterdir())) == total
    call_command("make_share_cards")
    assert f"{total} cards: 0 drawn, 0 outdated cards removed." in capsys.readouterr().out


def test_the_command_reports_a_write_error(folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(CommandError, match="Free space"):
        call_command("make_share_cards")


@pytest.mark.parametrize("language", ALPHABETS)
def test_the_fonts_have_every_letter_of_each_language(language):
    letters = ALPHABETS[language]
    for text in (letters, letters.upper().replace("SS", "ẞ")):
        path, drawable = label.choose_font(text)
        assert drawable == text
        assert all(label.has_glyph(path, letter) for letter in text)


def test_a_character_that_no_font_has_is_left_out():
    assert label.choose_font("UNIC 🎉  Łódź\u4e16")[1] == "UNIC Łódź"


@pytest.mark.parametrize("title", ["Πανεπιστήμιο", "UNIC جامعة", "大学"])
def test_a_title_that_no_font_can_draw_is_shown_in_another_language(db, title):
    page = Page.objects.get(key="about")
    alliance = Alliance.objects.with_host().get()
    page.title_pl = title
    with translation.override("pl"):
        assert Card.of(page, alliance, []).title == page.title_en
        page.title_pl = "Łódź 🎉"
        assert Card.of(page, alliance, []).title == "Łódź 🎉"
        for code in django_settings.CONTENT_LANGUAGES:
            setattr(page, f"title_{code}", title)
        assert Card.of(page, alliance, []).title == alliance.acronym


def test_a_ligature_is_drawn_as_its_letters(db):
    page = Page.objects.get(key="about")
    page.title_en = "The ﬁnal aﬀair of the oﬃce"
    assert Card.of(page, Alliance.objects.with_host().get(), []).title == "The final affair of the office"


@pytest.mark.parametrize("title", ["A", "Word " * 30, "Superdiversität" * 10, "Ł" * 150, ""])
def test_a_title_of_any_length_fits_on_the_label(title):
    width = 900
    path, text = label.choose_font(title)
    font, lines = label.fit_title(text, path, width)
    assert all(font.getlength(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(title.split())
    assert len(lines) * font.size * label.LINE_HEIGHT <= 400


def test_the_fonts_have_every_character_of_every_title():
    for text in {text for card in all_cards() for text in (card.title, card.line)}:
        assert label.choose_font(text)[1] == " ".join(text.split())
