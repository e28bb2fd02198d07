"""Words of texts and queries: where they begin and end, how they compare, and their stems."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

import snowballstemmer

from editorial.alphabet import APOSTROPHES, DASHES, fold
from search.endings import CROATIAN_ENDING, IRREGULAR_FORMS, LATIN_ENDING, LATIN_ENDINGS, STEM_ENDS, WORD_ENDS

# Longer words are compared by their beginning.
MAX_WORD_LENGTH = 60
INLINE_TAG = re.compile(r"</?(?:a|b|em|i|mark|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE)
TAG = re.compile(r"<!--.*?-->|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)

# Combining marks and invisible characters do not end a word: soft hyphen, zero-width space, joiners.
INVISIBLE = r"\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
WITHIN = rf"[\u0300-\u036f{INVISIBLE}]*"
PIECE = rf"(?:[^\W_{APOSTROPHES}]{WITHIN})+"
# Between two letters, these join the pieces of a word: l’alliance, post-industrial, uni.example.org, R&D.
JOINT = rf"[{APOSTROPHES}{re.escape(DASHES)}.&@]{WITHIN}"
# Groups of three digits, as each language separates them: 225,000, 225.000, 225 000.
NUMBER = r"(?<!\w)[0-9]{1,3}(?:[ ,.\u00a0\u202f][0-9]{3})+(?!\w)"
WORD = re.compile(rf"{NUMBER}|{PIECE}(?:{JOINT}{PIECE})*")
PIECES = re.compile(PIECE)
NO_LETTERS = re.compile(f"[{INVISIBLE}]")

# The languages of Europe that Snowball has a stemmer for.
STEMMERS = {
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "hy": "armenian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "tr": "turkish",
    "yi": "yiddish",
}
# Languages with more endings than their stemmers know: there, what begins with the stem is an inflected form too.
RICH_ENDINGS = {"fi", "hr", "pl", "tr"}
MIN_RICH_STEM = 5
# Stems too short to be of use, which the Turkish stemmer makes of some words: üye, site. Not those of ev and iş.
NO_STEM = re.compile("[^aeiou]?[aeiou]?")


A_AT_END = re.compile("(?<=...)a$")
PLURAL_WITH_O = re.compile("(?<=...)oj(?:a|en)$")


class Word(NamedTuple):
    """A word of a text, with its position. `pieces` has several texts if joints separate them."""

    start: int
    end: int
    text: str
    pieces: tuple[str, ...]

    @property
    def joined(self) -> str:
        return "".join(self.pieces)

    @property
    def parts(self) -> tuple[str, ...]:
        """The pieces without single letters next to an apostrophe or a dot: the d of d’Europe, the s of Europe’s."""
        if len(self.pieces) == 1:
            return self.pieces
        return tuple(piece for piece in self.pieces if len(normalized(piece)) > 1 or piece.isdigit())

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that find the word: each of its parts, and all of it without joints."""
        if len(self.pieces) == 1:
            return self.pieces
        return tuple(dict.fromkeys([*self.parts, self.joined]))


def plain_text(html: str) -> str:
    """Return the text of `html`, which may be a plain text, on one line."""
    text = unescape(TAG.sub(" ", INLINE_TAG.sub("", html)))
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> Iterator[Word]:
    """Return the words of a plain text."""
    for match in WORD.finditer(text):
        word = match[0]
        is_plain = word.isascii() and word.isalnum()
        pieces = (word,) if is_plain else tuple(PIECES.findall(NO_LETTERS.sub("", word)))
        yield Word(match.start(), match.end(), word, pieces)


@lru_cache(100_000)
def normalized(word: str) -> str:
    """Return `word` as it is stored and compared: folded, without joints."""
    return "".join(filter(str.isalnum, fold(word)))[:MAX_WORD_LENGTH]


@lru_cache(100_000)
def stem(word: str, language: str) -> str:
    """Return the normalised stem of `word` in `language`; the normalised word if no stemmer knows the language."""
    # In Turkish, I is the capital of ı.
    lowered = word.replace("İ", "i").replace("I", "ı" if language == "tr" else "i").lower()
    lowered = IRREGULAR_FORMS.get(language, {}).get(normalized(lowered), lowered)
    for end, other in WORD_ENDS.get(language, ()):
        lowered = end.sub(other, lowered)
    if language == "hr":
        stemmed = CROATIAN_ENDING.sub("", normalized(lowered).replace("oscu", "osti"))
    elif language in STEMMERS:
        # Made for each word, because a stemmer keeps the word in its attributes and threads would share them.
        stemmed = normalized(snowballstemmer.stemmer(STEMMERS[language]).stemWord(lowered))
    else:
        return normalized(word)
    if language in LATIN_ENDINGS:
        stemmed = LATIN_ENDING.sub("", stemmed)
    for end, other in STEM_ENDS.get(language, ()):
        stemmed = end.sub(other, stemmed)
    return normalized(lowered) if language == "tr" and NO_STEM.fullmatch(stemmed) else stemmed


def stems(word: str, language: str) -> set[str]:
    """Return the stems of `word` as typed, and without accents, which many people do not type."""
    plain = normalized(word)
    forms = [word, plain]
    if language == "tr":
        # The stemmer knows -lar with ı, and not with i: yılları, yillari. Capitals of another keyboard have no ı.
        forms += [plain.replace("i", "ı"), word.lower()]
    if language == "fi":
        # kirja, kirjoja: o belongs to the ending, or to the stem, as in yliopisto.
        forms += [A_AT_END.sub("oja", plain), PLURAL_WITH_O.sub("an", plain)]
    return {stem(form, language) for form in forms}
