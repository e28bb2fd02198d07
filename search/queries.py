"""Typed queries as terms: alternatives for each word, with synonyms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from django.conf import settings
from rapidfuzz.distance import OSA

from search.models import Synonyms
from search.words import Word, normalized, plain_text, stems, words

# More words would only make the search slower.
MAX_WORDS = 12
# Shorter words are too much alike: EUR, our.
MIN_MISSPELT = 4


@dataclass(frozen=True)
class Term:
    """A word to find. A synonym was not typed. It only counts as a whole word, in texts of its language.

    Two words that were typed side by side and are joined also count only as a whole word.
    """

    word: str
    stems: frozenset[str]
    synonym_in: str = ""
    is_joined: bool = False

    @property
    def is_typed(self) -> bool:
        return not self.synonym_in and not self.is_joined

    @classmethod
    def of(cls, raw: str, languages: Sequence[str], synonym_in: str = "", *, is_joined: bool = False) -> "Term":
        found = frozenset(stem for language in languages for stem in stems(raw, language))
        return cls(normalized(raw), found, synonym_in, is_joined)


# All terms of an alternative must be found, and one alternative of each unit.
Alternative = tuple[Term, ...]
Unit = list[Alternative]


@dataclass(frozen=True)
class Query:
    """The units of a typed query. `languages` are those of the pages that are searched.

    A lenient query, for when nothing was found, accepts typing errors, and synonyms typed in other languages. `text`
    may contain tags and entities, as pasted text does.
    """

    text: str
    languages: tuple[str, ...]
    is_lenient: bool = False

    @cached_property
    def units(self) -> list[Unit]:
        # Pages that are not translated have the words of the source language.
        languages = tuple(dict.fromkeys([*self.languages, settings.LANGUAGE_CODE]))
        # Nothing is left of a word in angle brackets.
        found = list(words(plain_text(self.text))) or words(self.text)
        typed = [word for word in found if normalized(word.joined)][:MAX_WORDS]
        # Synonyms of other languages are typed in the inflected forms of those languages.
        known_in = tuple(settings.CONTENT_LANGUAGES) if self.is_lenient else languages
        merged = self.with_synonyms(*([unit_of(word, codes) for word in typed] for codes in (languages, known_in)))
        # The unit of each word. Two words that are found joined are found in both units: city lab, CityLab.
        units = [unit for unit, length in merged for _word in range(length)]
        for position, (first, second) in enumerate(pairwise(typed)):
            both = (Term.of(first.joined + second.joined, languages, is_joined=True),)
            for unit in units[position : position + 2]:
                if both not in unit:
                    unit.append(both)
        return [unit for unit, _length in merged]

    @cached_property
    def terms(self) -> list[Term]:
        return list(dict.fromkeys(term for unit in self.units for terms in unit for term in terms))

    def with_synonyms(self, units: list[Unit], known: list[Unit]) -> list[tuple[Unit, int]]:
        """Add to each word or phrase that is in a group of synonyms the other phrases of the group.

        `known` are the units with the stems that are looked up in the groups. Return the units, with the number of
        their words.
        """
        groups = self.groups() if units else []
        merged: list[tuple[Unit, int]] = []
        while units:
            # The longest phrase that a group contains, or one word.
            for length in range(len(units), 0, -1):
                typed, looked_up = phrases_of(units[:length]), phrases_of(known[:length])
                others = [phrase for group in groups if self.is_in(looked_up, group) for phrase in group]
                if others or length == 1:
                    break
            synonyms = [
                phrase
                for phrase in dict.fromkeys(others)
                if phrase[0].synonym_in in self.languages and not any(is_same(phrase, other) for other in typed)
            ]
            merged.append(([*typed, *synonyms], length))
            units, known = units[length:], known[length:]
        return merged

    def groups(self) -> list[list[Alternative]]:
        return [
            [phrase for code, text in group for phrase in phrases_of(synonym_units(text, code))]
            for group in Synonyms.objects.groups()
        ]

    def is_in(self, typed: Sequence[Alternative], group: Sequence[Alternative]) -> bool:
        """Whether the group has one of the phrases, or one that differs from it only in spaces."""
        phrases = [phrase for phrase in group if self.is_lenient or phrase[0].synonym_in in self.languages]
        return any(
            is_same(phrase, other)
            or joined(phrase) == joined(other)
            or (self.is_lenient and is_misspelt(phrase, other))
            for phrase in phrases
            for other in typed
        )


def unit_of(word: Word, languages: Sequence[str], synonym_in: str = "") -> Unit:
    """Return the alternatives of one word: its parts, and the word without joints."""
    found = []
    for forms in (word.parts, [word.joined]):
        terms = (Term.of(form, languages, synonym_in) for form in forms)
        found.append(tuple(dict.fromkeys(term for term in terms if term.word)))
    return [terms for terms in dict.fromkeys(found) if terms]


@lru_cache(10_000)
def synonym_units(text: str, language: str) -> list[Unit]:
    """Return the units of a word or phrase of a group of synonyms."""
    return [unit for word in words(text) if (unit := unit_of(word, [language], language))]


def phrases_of(units: Sequence[Unit]) -> list[Alternative]:
    """Return the phrase that the words form, with their parts and without joints."""
    forms = (tuple(term for unit in units for term in unit[position]) for position in (0, -1))
    return [phrase for phrase in dict.fromkeys(forms) if phrase]


def is_same(phrase: Alternative, other: Alternative) -> bool:
    """Whether the phrases have the same words, in any inflected form."""
    return len(phrase) == len(other) and all(
        a.word == b.word or a.stems & b.stems for a, b in zip(phrase, other, strict=True)
    )


def is_misspelt(phrase: Alternative, other: Alternative) -> bool:
    """Whether each word of the phrases is the same, or one edit away: scolarship, scholarship."""
    return len(phrase) == len(other) and all(
        a.word == b.word or (len(a.word) >= MIN_MISSPELT and OSA.distance(a.word, b.word, score_cutoff=1) <= 1)
        for a, b in zip(phrase, other, strict=True)
    )


def joined(phrase: Alternative) -> str:
    return "".join(term.word for term in phrase)
