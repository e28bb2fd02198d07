"""The content in each language has the same texts, structure and numbers as the English one."""

import re
import tomllib

import pytest
from django.conf import settings

from editorial.phrases import language_of

OTHERS = [code for code in settings.CONTENT_LANGUAGES if code != "en"]
pytestmark = pytest.mark.once


def texts(code: str) -> dict[tuple[str, str, str], str]:
    """Return (section, key, field) → text."""
    paths = [path for path in settings.CONTENT_DIR.glob("*.toml") if path.stem.rpartition(".")[2] == code]
    return {
        (section, key, name): value
        for path in paths
        for section, items in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for key, fields in items.items()
        for name, value in fields.items()
        if isinstance(value, str)
    }


def structure(html: str) -> list[str]:
    """Return the tags without those of phrases, which are in the language of one text and not of another."""
    return re.findall(r"</?(?!span\b)\w+", html)


def years(html: str) -> set[str]:
    """Return the years outside of tags, without decades and centuries, which some languages write in words.

    An academic year such as 2024/25 has two.
    """
    text = re.sub(r"<[^>]+>", "", html)
    found = re.findall(r"(?<!\d)((?:1[4-9]|20)\d\d)(?:\.?/(\d\d))?(?!\d)", text)
    both = {year for first, second in found for year in (first, first[:2] + second if second else first)}
    return {year for year in both if not year.endswith("0")}


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing(code):
    translated = set().union(*(texts(other) for other in OTHERS))
    assert not translated - set(texts(code))


@pytest.mark.parametrize("code", OTHERS)
def test_texts_have_the_same_elements_as_the_source(code):
    source = texts("en")
    assert not [field for field, text in texts(code).items() if structure(text) != structure(source[field])]


@pytest.mark.parametrize("code", settings.CONTENT_LANGUAGES)
def test_phrases_are_in_formatted_texts_and_in_another_language(code):
    phrases = [(text, tag) for text in texts(code).values() for tag in re.findall(r"<span[^>]*>", text)]
    assert phrases
    for text, tag in phrases:
        assert text.startswith("<") and (language := language_of(tag)) and language != code, text


@pytest.mark.parametrize("code", OTHERS)
def test_texts_have_the_same_years_as_the_source(code):
    source = texts("en")
    for field, text in texts(code).items():
        if field[2] not in ("slug", "source"):
            assert years(text) == years(source[field]), field


@pytest.mark.parametrize("code", OTHERS)
def test_links_lead_to_the_same_language(code):
    for field, text in texts(code).items():
        for path in re.findall(r'href="(/[^"]*)"', text):
            assert path.startswith(f"/{code}/"), field


@pytest.mark.nightly
@pytest.mark.django_db
@pytest.mark.parametrize("code", settings.CONTENT_LANGUAGES)
def test_every_link_in_a_text_leads_to_a_page(client, code):
    paths = {path for text in texts(code).values() for path in re.findall(r'href="(/[^"]*)"', text)}
    assert paths
    assert not [path for path in paths if client.get(path).status_code != 200]


@pytest.mark.django_db
def test_each_page_has_a_unique_title_and_description_in_its_language(every_page):
    seen: dict[str, list] = {}
    for path, response in every_page.items():
        html = response.content.decode()
        code = path.split("/")[1]
        assert f'<html lang="{code}"' in html
        title = re.search(r"<title>([^<]+)</title>", html)[1]
        description = re.search(r'<meta name="description" content="([^"]+)"', html)[1]
        seen.setdefault(code, []).append((title, description))
    assert seen
    for code, pairs in seen.items():
        assert len({title for title, _description in pairs}) == len(pairs), code
        assert len({description for _title, description in pairs}) == len(pairs), code
