"""Headings are drawn from one file in every language of the site; a second has what other languages have more."""

import re

import pytest
from django.conf import settings
from fontTools.ttLib import TTFont

from tests.alphabets import ALPHABETS
from tools.management.commands.subset_font import PARTS

pytestmark = pytest.mark.once
FACES = (settings.BASE_DIR / "static/css/faces.css").read_text()


def font(part: str) -> TTFont:
    return TTFont(settings.BASE_DIR / f"static/fonts/archivo-{part}.woff2")


def ranges(part: str) -> set[int]:
    """The letters for which a browser asks for a file, as the style sheet names them."""
    said = re.search(rf"archivo-{part}\.woff2.*?unicode-range: ([^;]*);", FACES, re.DOTALL)[1]
    found = set()
    for one in said.replace("U+", "").split(", "):
        first, _, last = one.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_the_first_file_has_every_letter_of_each_language(code):
    # Dutch is written with i and j.
    letters = set(ALPHABETS[code]) - {"ĳ"}
    # German writes a capital ß in the midst of capitals alone, where the style sheet makes none.
    capitals = {letter.upper() for letter in letters if len(letter.upper()) == 1}
    assert {ord(letter) for letter in letters | capitals} <= ranges("latin") & set(font("latin").getBestCmap())


def test_browsers_ask_for_a_file_for_the_letters_that_are_in_it():
    assert ranges("latin") == PARTS["latin"]
    # Of two files that are named for a letter the later one is taken.
    assert FACES.index("archivo-latin-ext.woff2") < FACES.index("archivo-latin.woff2")
    assert ranges("latin-ext") - ranges("latin") >= PARTS["latin-ext"]


@pytest.mark.parametrize(("part", "missing"), [("latin", {0x202F}), ("latin-ext", set())])
def test_each_file_has_what_it_is_asked_for(part, missing):
    # A narrow space is drawn by any face, and Archivo has none.
    assert PARTS[part] - set(font(part).getBestCmap()) == missing


def test_polish_has_its_own_accents():
    table = font("latin")["GSUB"].table
    languages = {one.LangSysTag for script in table.ScriptList.ScriptRecord for one in script.Script.LangSysRecord}
    assert "PLK " in languages
    replaced = set().union(
        *(set(sub.mapping) for lookup in table.LookupList.Lookup for sub in lookup.SubTable if hasattr(sub, "mapping"))
    )
    cmap = font("latin").getBestCmap()
    assert {cmap[ord(letter)] for letter in "ćńóśźĆŃÓŚŹ"} <= replaced
