"""Letters: the order of each language's alphabet, the same on every database, and letters without accents.

For the order, a table of our own: PyICU needs ICU's headers to be built, pyuca knows no language's own order, and the
databases order by what was installed beside them.
"""

import unicodedata

# Language → runs of letters, each of which has a place of its own after the letter before it (CLDR, root and the
# language's own collation). All others go with the letter that Unicode takes them apart into: ä with a in German
# (DIN 5007-1), é with e in French.
ALPHABETS = {
    "pl": "aą cć eę lł nń oó sś zźż",
    "es": "nñ",
    "tr": "cç gğ hı oö sş uü",
    "fi": "zåäö",
    "sv": "zåäö",
    "hr": "cčć d(dž)đ l(lj) n(nj) sš zž",
}
# Letters that Unicode does not take apart, where no alphabet of a language gives them another place.
ROOT = "dđ hħ lł oø tŧ"
# Two letters that count as one, by the sign that stands for them while strings are compared.
DIGRAPHS = {"(dž)": "\ue000", "(lj)": "\ue001", "(nj)": "\ue002"}
SAME = {"fi": {"æ": "ä", "ø": "ö"}, "sv": {"æ": "ä", "ø": "ö"}}


def places(language: str) -> dict[str, tuple[str, int]]:
    """Letter → the letter that it follows, and how far behind."""
    found = {}
    for alphabet in (ROOT, ALPHABETS.get(language, "")):
        for digraph, sign in DIGRAPHS.items():
            alphabet = alphabet.replace(digraph, sign)
        for first, *others in alphabet.split():
            found |= {letter: (first, place) for place, letter in enumerate(others, start=1)}
    return found | {letter: found[other] for letter, other in SAME.get(language, {}).items()}


PLACES = {language: places(language) for language in ALPHABETS}
ROOT_PLACES = places("")


# Letters that Unicode does not take apart into a base letter and a mark.
UNDIVIDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


def without_marks(text: str) -> str:
    """`text` in Unicode's compatibility decomposition, without accents and other marks."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def fold(text: str) -> str:
    """`text` without capitals and accents: "Malmö" → "malmo"."""
    # Marks go first and last: what casefold and the table return can have marks again.
    return without_marks(without_marks(text).casefold().translate(UNDIVIDED))


def sort_key(text: str, language: str) -> tuple:
    """What `text` is to be sorted by among others in a list for readers of `language`."""
    known = PLACES.get(language, ROOT_PLACES)
    # Composed first, so that a capital İ that came as two characters is one. NFKC takes ligatures and digraphs apart.
    lowered = unicodedata.normalize("NFKC", text)
    if language == "tr":
        lowered = lowered.translate({0x49: "ı", 0x130: "i"})
    lowered = lowered.casefold()
    if language == "hr":
        for digraph, sign in DIGRAPHS.items():
            lowered = lowered.replace(digraph.strip("()"), sign)
    letters = []
    for letter in lowered:
        if letter in known:
            letters.append(known[letter])
        else:
            letters += [(base, 0) for base in without_marks(letter)]
    # Accents decide between what is the same without them, then small letters before capitals.
    return letters, lowered, text.swapcase()
