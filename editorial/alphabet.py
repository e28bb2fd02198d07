"""Sorting in the alphabetical order of each language, and removal of accents.

The order comes from a table in this module: PyICU must be compiled with the headers of ICU, pyuca has no orders for
single languages, and the order of a database depends on its installation.
"""

import re
import unicodedata

# Language → groups of letters. Within a group, each letter sorts directly after the one before it (CLDR: root collation
# and the collation of the language). Other letters sort with their base letter in Unicode: in German ä with a
# (DIN 5007-1), in French é with e. In parentheses are digraphs that count as one letter.
ALPHABETS = {
    "bg": "ий",
    "cs": "cč h(ch) rř sš zž",
    "da": "zæøå",
    "es": "nñ",
    "et": "sšzž wõäöü",
    "eu": "nñ",
    "fi": "zåäö",
    "gl": "nñ",
    "hr": "cčć d(dž)đ l(lj) n(nj) sš zž",
    "hu": "c(cs) d(dz)(dzs) g(gy) l(ly) n(ny) oö s(sz) t(ty) uü z(zs)",
    "is": "aá dð eé ií oó uú yý zþæöå",
    "lt": "cč sš zž",
    "lv": "cč gģ kķ lļ nņ rŗ sš zž",
    "mt": "bċ fġ g(għ) hħ yż",
    "nb": "zæøå",
    "nn": "zæøå",
    "no": "zæøå",
    "pl": "aą cć eę lł nń oó sś zźż",
    "ro": "aăâ iî sș tț",
    "sk": "aä cč h(ch) oô rř sš zž",
    "sl": "cčć sš zž",
    "sv": "zåäö",
    "tr": "cç gğ hı oö sş uü",
    "uk": "гґ еє иіїй",
}
# The same for letters that Unicode does not decompose, in all languages. A language can override a letter.
ROOT = "dđ hħ lł oø tŧ"
EQUAL_LETTERS = {
    "da": {"(aa)": "å", "ä": "æ", "ö": "ø"},
    "fi": {"æ": "ä", "ø": "ö"},
    "hu": {"ő": "ö", "ű": "ü"},
    "is": {"ä": "æ", "ø": "ö"},
    "lt": {"y": "i"},
    "lv": {"y": "i"},
    "nb": {"(aa)": "å", "ä": "æ", "ö": "ø"},
    "nn": {"(aa)": "å", "ä": "æ", "ö": "ø"},
    "no": {"(aa)": "å", "ä": "æ", "ö": "ø"},
    "ro": {"ş": "ș", "ţ": "ț"},
    "sv": {"æ": "ä", "ø": "ö"},
}
DIGRAPH = re.compile(r"\((\w+)\)")


def digraphs_of(language: str) -> list[str]:
    """Return the digraphs that count as one letter, the longest first: dzs before dz."""
    letters = [ALPHABETS.get(language, ""), *EQUAL_LETTERS.get(language, ())]
    return sorted(DIGRAPH.findall(" ".join(letters)), key=len, reverse=True)


# Language → its digraphs, and the character that replaces each in sort keys.
DIGRAPHS = {code: {text: chr(0xE000 + n) for n, text in enumerate(digraphs_of(code))} for code in ALPHABETS}


def letter_ranks(language: str) -> dict[str, tuple[str, int]]:
    """Return letter → (first letter of its group, position in the group), for the letters in the groups."""
    ranks: dict[str, tuple[str, int]] = {}
    for alphabet in (ROOT, ALPHABETS.get(language, "")):
        for group in single_letters(alphabet, language).split():
            ranks |= {letter: (group[0], position) for position, letter in enumerate(group[1:], start=1)}
    equal = EQUAL_LETTERS.get(language, {}).items()
    return ranks | {single_letters(letter, language): ranks.get(other, (other, 0)) for letter, other in equal}


def single_letters(alphabet: str, language: str) -> str:
    """Return `alphabet` with a character for each digraph in parentheses."""
    return DIGRAPH.sub(lambda found: DIGRAPHS[language][found[1]], alphabet)


RANKS = {language: letter_ranks(language) for language in ALPHABETS}
ROOT_RANKS = letter_ranks("")


# Characters that keyboards and word processors use alike. The first one of each string replaces the others.
APOSTROPHES = "'’‘‛ʼʻʹ＇′´`"
DASHES = "-‐‑‒–—―−﹣－"
ALIKE = {ord(other): alike[0] for alike in (APOSTROPHES, DASHES) for other in alike[1:]}
# Letters that Unicode does not decompose into a base letter and a mark.
BASE_LETTERS = ALIKE | str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
    # Letters of Sámi, Azerbaijani, Inuttut and languages of Africa.
    | dict(zip("ŋəǝĸɛɔƒɓɖɗǥɣɨƙɲʉʋƴʒƶȷ", "neekeofbddggiknuvyzzj", strict=True))
)


def without_marks(text: str) -> str:
    """Return the compatibility decomposition of `text` (NFKD) without combining marks and invisible characters.

    Invisible are soft hyphens, joiners, and other characters of the category Cf.
    """
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )


class FoldedLetters(dict[int, str]):
    """The folded form of each letter that was needed, by its number, for `str.translate`."""

    def __missing__(self, number: int) -> str:
        # Before the decomposition, which makes a space of an acute accent that stands alone.
        letter = chr(number).translate(ALIKE)
        # Twice, because the results of casefold and of the table can have marks again.
        self[number] = without_marks(without_marks(letter).casefold().translate(BASE_LETTERS))
        return self[number]


FOLDED_LETTERS = FoldedLetters()


def fold(text: str) -> str:
    """Return `text` in lower case, without accents, and with plain apostrophes and hyphens: "Malmö" → "malmo"."""
    return text.translate(FOLDED_LETTERS)


def sort_key(text: str, language: str) -> tuple:
    """Return the key that sorts `text` in the alphabetical order of `language`."""
    ranks = RANKS.get(language, ROOT_RANKS)
    # NFKC composes a capital İ of two characters, and decomposes ligatures and digraphs.
    lowered = unicodedata.normalize("NFKC", text)
    if language == "tr":
        lowered = lowered.translate({0x49: "ı", 0x130: "i"})
    lowered = lowered.casefold()
    for digraph, replacement in DIGRAPHS.get(language, {}).items():
        lowered = lowered.replace(digraph, replacement)
    letters = []
    for letter in lowered:
        if letter in ranks:
            letters.append(ranks[letter])
        else:
            letters += [(base, 0) for base in without_marks(letter)]
    # If two texts are the same without accents, the accents decide, and then small letters precede capitals.
    return letters, lowered, text.swapcase()
