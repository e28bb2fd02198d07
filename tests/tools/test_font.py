"""The heading font: one file for the languages of the site, and a second for other languages."""

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
    """The code points of the style sheet's unicode-range of a file."""
    value = re.search(rf"archivo-{part}\.woff2.*?unicode-range: ([^;]*);", FACES, re.DOTALL)[1]
    found = set()
    for item in value.replace("U+", "").split(", "):
        first, _, last = item.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_the_first_file_has_every_letter_of_each_language(code):
    # Dutch is written with i and j.
    letters = set(ALPHABETS[code]) - {"ĳ"}
    # The capital ß is used only in words in capitals, which the style sheet does not produce.
    capitals = {letter.upper() for letter in letters if len(letter.upper()) == 1}
    assert {ord(letter) for letter in letters | capitals} <= ranges("latin") & set(font("latin").getBestCmap())


def test_the_unicode_ranges_match_the_files():
    assert ranges("latin") == PARTS["latin"]
    # If two ranges contain a letter, browsers use the later rule.
    assert FACES.index("archivo-latin-ext.woff2") < FACES.index("archivo-latin.woff2")
    assert ranges("latin-ext") - ranges("latin") >= PARTS["latin-ext"]


@pytest.mark.parametrize(("part", "missing"), [("latin", {0x202F}), ("latin-ext", set())])
def test_each_file_contains_its_letters(part, missing):
    # Archivo has no narrow no-break space; browsers take it from another font.
    assert PARTS[part] - set(font(part).getBestCmap()) == missing


def test_polish_has_its_own_accent_glyphs():
    table = font("latin")["GSUB"].table
    languages = {
        record.LangSysTag for script in table.ScriptList.ScriptRecord for record in script.Script.LangSysRecord
    }
    assert "PLK " in languages
    replaced = set().union(
        *(set(sub.mapping) for lookup in table.LookupList.Lookup for sub in lookup.SubTable if hasattr(sub, "mapping"))
    )
    cmap = font("latin").getBestCmap()
    assert {cmap[ord(letter)] for letter in "ćńóśźĆŃÓŚŹ"} <= replaced
