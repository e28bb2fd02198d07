"""Sorting in the alphabetical order of each language, and removal of accents.

The order comes from a table in this module: PyICU must be compiled with the headers of ICU, pyuca has no orders for
single languages, and the order of a database depends on its installation.
"""

import unicodedata

# Language → groups of letters. Within a group, each letter sorts directly after the one before it (CLDR: root collation
# and the collation of the language). Other letters sort with their base letter in Unicode: in German ä with a
# (DIN 5007-1), in French é with e.
ALPHABETS = {
    "pl": "aą cć eę lł nń oó sś zźż",
    "es": "nñ",
    "tr": "cç gğ hı oö sş uü",
    "fi": "zåäö",
    "sv": "zåäö",
    "hr": "cčć d(dž)đ l(lj) n(nj) sš zž",
}
# The same for letters that Unicode does not decompose, in all languages. A language can override a letter.
ROOT = "dđ hħ lł oø tŧ"
# Digraphs that count as one letter → the character that replaces them in sort keys.
DIGRAPHS = {"(dž)": "\ue000", "(lj)": "\ue001", "(nj)": "\ue002"}
EQUAL_LETTERS = {"fi": {"æ": "ä", "ø": "ö"}, "sv": {"æ": "ä", "ø": "ö"}}


def letter_ranks(language: str) -> dict[str, tuple[str, int]]:
    """Return letter → (first letter of its group, position in the group), for the letters in the groups."""
    ranks: dict[str, tuple[str, int]] = {}
    for alphabet in (ROOT, ALPHABETS.get(language, "")):
        for digraph, replacement in DIGRAPHS.items():
            alphabet = alphabet.replace(digraph, replacement)
        for group in alphabet.split():
            ranks |= {letter: (group[0], position) for position, letter in enumerate(group[1:], start=1)}
    return ranks | {letter: ranks[other] for letter, other in EQUAL_LETTERS.get(language, {}).items()}


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
    if language == "hr":
        for digraph, replacement in DIGRAPHS.items():
            lowered = lowered.replace(digraph.strip("()"), replacement)
    letters = []
    for letter in lowered:
        if letter in ranks:
            letters.append(ranks[letter])
        else:
            letters += [(base, 0) for base in without_marks(letter)]
    # If two texts are the same without accents, the accents decide, and then small letters precede capitals.
    return letters, lowered, text.swapcase()
