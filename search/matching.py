"""Finds the words of a query in the index, and ranks the items that contain them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Case, F, IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.functions import Length
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.models import IndexWord, Occurrence
from search.queries import MIN_MISSPELT, Query, Term, Unit
from search.words import MIN_RICH_STEM, RICH_ENDINGS

# Shorter stems are too much alike: staż, start.
MIN_MISSPELT_STEM = 5
# Too many words begin with one or two letters.
MIN_BEGINNING = 3
# Words that are only like a term, the shortest first. SQLite limits the number of values in a query.
MAX_LIKE = 1000


class Likeness(IntEnum):
    """Points for the likeness of a word to a term. The weight of the text, doubled, is added.

    The distances keep the order: a whole word anywhere is better than the beginning of a word in a name.
    """

    MISSPELT = 1
    SYNONYM = 10
    BEGINNING = 20
    INFLECTED = 40
    # The same word is only a little better than an inflected form.
    SAME = 41


# Term → likeness → primary key → word, for the words of the index that match.
WordsLike: TypeAlias = dict[Term, dict[Likeness, dict[int, str]]]
# The points of each term of a match, and of each unit.
TermPoints: TypeAlias = tuple[int, ...]
UnitPoints: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Match:
    """The words of the units of a query in `occurrences`."""

    units: list[Unit]
    words: WordsLike
    occurrences: QuerySet[Occurrence]

    @cached_property
    def matched_words(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for by_pk in (by_pk for by_likeness in self.words.values() for by_pk in by_likeness.values()):
            found |= by_pk
        return found

    def points(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of the items that contain a word, each row followed by the points of each term."""
        if not self.matched_words:
            return []
        terms = {
            f"term_{number}": Max(
                Case(
                    *(When(word__in=list(by_pk), then=2 * F("weight") + like) for like, by_pk in words.items()),
                    default=Value(0),
                    output_field=IntegerField(),
                )
            )
            for number, words in enumerate(self.words.values())
        }
        found = self.occurrences.filter(word__in=list(self.matched_words))
        return list(found.order_by().values(*columns).annotate(**terms).values_list(*columns, *terms))

    @cached_property
    def positions(self) -> list[list[list[int]]]:
        """The positions of the terms of each alternative of each unit."""
        of_terms = {term: position for position, term in enumerate(self.words)}
        return [[[of_terms[term] for term in phrase] for phrase in unit] for unit in self.units]

    def unit_points(self, points: TermPoints) -> UnitPoints:
        """Return the points of each unit: those of its best alternative, which are those of the worst term of that."""
        return tuple(max(min(points[term] for term in phrase) for phrase in unit) for unit in self.positions)

    def without(self, common: Collection[int]) -> "Match":
        """Return the match of the units of which none of `common`, primary keys of words, is an alternative."""

        def is_common(term: Term) -> bool:
            return any(not by_pk.keys().isdisjoint(common) for by_pk in self.words[term].values())

        units = [unit for unit in self.units if not any(len(terms) == 1 and is_common(terms[0]) for terms in unit)]
        terms = {term for unit in units for phrase in unit for term in phrase}
        return replace(self, units=units, words={term: self.words[term] for term in self.words if term in terms})


def begins_with(column: str, beginning: str) -> Q:
    """A condition that an index of either database answers. LIKE of SQLite uses none."""
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": beginning})
    return Q(**{f"{column}__gte": beginning, f"{column}__lt": f"{beginning}\U0010ffff"})


def likeness(term: Term, language: str, word: str, stem: str) -> Likeness | None:
    if term.synonym_in:
        is_found = language == term.synonym_in and (word == term.word or stem in term.stems)
        return Likeness.SYNONYM if is_found else None
    if word == term.word:
        return Likeness.SAME
    if stem in term.stems:
        return Likeness.INFLECTED
    if term.is_joined:
        return None
    if language in RICH_ENDINGS and any(len(s) >= MIN_RICH_STEM and word.startswith(s) for s in term.stems):
        return Likeness.BEGINNING
    return Likeness.BEGINNING if len(term.word) >= MIN_BEGINNING and word.startswith(term.word) else None


def words_like(query: Query) -> WordsLike:
    """Return the words of the index that match.

    For a lenient query, also words one edit away: a letter missing, added, replaced, or swapped with the next one.
    """
    found: WordsLike = {term: defaultdict(dict) for term in query.terms}
    in_languages = IndexWord.objects.filter(language__in=query.languages)
    columns = ("pk", "language", "word", "stem")
    typed = [term.word for term in query.terms]
    stems = {stem for term in query.terms for stem in term.stems}
    # The stem of a word that is typed without its accents is known from the same word in a text.
    # Read before, because PostgreSQL would use no index for a condition with a subquery.
    stems |= set(in_languages.filter(word__in=typed).values_list("stem", flat=True))
    condition = Q(word__in=typed) | Q(stem__in=stems)
    for term in query.terms:
        if term.is_typed and len(term.word) >= MIN_BEGINNING:
            condition |= begins_with("word", term.word)
            if not RICH_ENDINGS.isdisjoint(query.languages):
                for stem in (stem for stem in term.stems if len(stem) >= MIN_RICH_STEM):
                    condition |= begins_with("word", stem)
    rows = list(in_languages.filter(condition).values_list(*columns))
    for term in query.terms:
        known = {stem for _pk, _language, word, stem in rows if word == term.word}
        with_stems = replace(term, stems=term.stems | known)
        for pk, language, word, stem in rows:
            if (like := likeness(with_stems, language, word, stem)) is not None:
                found[term][like][pk] = word
    if query.is_lenient:
        add_misspelt(found, in_languages)
    for by_likeness in found.values():
        for like, by_pk in by_likeness.items():
            shortest = sorted(by_pk.items(), key=lambda row: (len(row[1]), row[1], row[0]))
            by_likeness[like] = dict(shortest[:MAX_LIKE])
    return found


def add_misspelt(found: WordsLike, words: QuerySet[IndexWord]) -> None:
    """Add words one edit away from a typed term, or with a stem one edit away from its stem."""
    terms = [term for term in found if len(term.word) >= MIN_MISSPELT and term.is_typed]
    if not terms:
        return
    lengths = [len(form) for term in terms for form in (term.word, *term.stems)]
    lengths_near = min(lengths) - 1, max(lengths) + 1
    near = words.annotate(word_length=Length("word"), stem_length=Length("stem")).filter(
        Q(word_length__range=lengths_near) | Q(stem_length__range=lengths_near)
    )
    rows = list(near.values_list("pk", "word", "stem"))
    forms = [row[1] for row in rows], [row[2] for row in rows]
    for term in terms:
        known = {pk for by_pk in found[term].values() for pk in by_pk}
        typed = [(term.word, forms[0]), *((stem, forms[1]) for stem in term.stems if len(stem) >= MIN_MISSPELT_STEM)]
        for form, candidates in typed:
            for _form, _distance, index in process.extract(
                form, candidates, scorer=OSA.distance, score_cutoff=1, limit=None
            ):
                pk, word, _stem = rows[index]
                if pk not in known:
                    found[term][Likeness.MISSPELT][pk] = word


def match(text: str, languages: tuple[str, ...], occurrences: QuerySet[Occurrence]) -> Iterator[Match]:
    """Return the match of `text`, and then that of the lenient query, for when nothing is found otherwise."""
    for is_lenient in (False, True):
        query = Query(text, languages, is_lenient)
        yield Match(query.units, words_like(query), occurrences)
