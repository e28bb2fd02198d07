"""Each language of the content says what English says: every text, the same structure, the same numbers."""

import re
import tomllib

import pytest
from django.conf import settings

OTHERS = [code for code in settings.CONTENT_LANGUAGES if code != "en"]
pytestmark = pytest.mark.once


def texts(code: str) -> dict[tuple[str, str, str], str]:
    """(section, key, field) → text."""
    tables = tomllib.loads((settings.CONTENT_DIR / f"{code}.toml").read_text(encoding="utf-8"))
    return {
        (section, key, name): value
        for section, items in tables.items()
        for key, fields in items.items()
        for name, value in fields.items()
        if isinstance(value, str)
    }


def structure(html: str) -> list[str]:
    return re.findall(r"</?\w+", html)


def numbers(html: str) -> list[str]:
    """What is counted or dated, without the addresses within tags."""
    return sorted(re.findall(r"\d+", re.sub(r"<[^>]+>", "", html)))


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_left_out(code):
    translated = set().union(*(texts(other) for other in OTHERS))
    assert not translated - set(texts(code))


@pytest.mark.parametrize("code", OTHERS)
def test_paragraphs_lists_and_links_are_those_of_the_source(code):
    source = texts("en")
    assert not [place for place, text in texts(code).items() if structure(text) != structure(source[place])]


@pytest.mark.parametrize("code", OTHERS)
def test_years_and_figures_are_those_of_the_source(code):
    source = texts("en")
    # An Arabic numeral may stand for a number in words, so nothing but years and amounts is compared.
    for place, text in texts(code).items():
        if place[2] not in ("slug", "source"):
            years = [number for number in numbers(source[place]) if len(number) == 4]
            assert [number for number in numbers(text) if len(number) == 4] == years, place


@pytest.mark.parametrize("code", OTHERS)
def test_links_stay_within_the_language(code):
    for place, text in texts(code).items():
        for path in re.findall(r'href="(/[^"]*)"', text):
            assert path.startswith(f"/{code}/"), place


@pytest.mark.django_db
@pytest.mark.parametrize("code", settings.CONTENT_LANGUAGES)
def test_every_link_within_the_texts_leads_to_a_page(client, code):
    paths = {path for text in texts(code).values() for path in re.findall(r'href="(/[^"]*)"', text)}
    assert paths
    assert not [path for path in paths if client.get(path).status_code != 200]


@pytest.mark.django_db
def test_each_page_in_each_language_has_a_title_and_a_description_of_its_own(every_page):
    seen: dict[str, list] = {}
    for path, answer in every_page.items():
        html = answer.content.decode()
        code = path.split("/")[1]
        assert f'<html lang="{code}"' in html
        title = re.search(r"<title>([^<]+)</title>", html)[1]
        description = re.search(r'<meta name="description" content="([^"]+)"', html)[1]
        seen.setdefault(code, []).append((title, description))
    assert set(seen) == set(settings.CONTENT_LANGUAGES)
    for code, pairs in seen.items():
        assert len({title for title, _description in pairs}) == len(pairs), code
        assert len({description for _title, description in pairs}) == len(pairs), code
