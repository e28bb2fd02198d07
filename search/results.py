"""Results of a visitor's search: pages with their excerpts, and suggestions when nothing is found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from django.db.models import Count
from django.http import HttpRequest
from django.utils.safestring import SafeString
from rapidfuzz import process
from rapidfuzz.distance import OSA

from editorial.alphabet import fold
from search.cached import shown_keys
from search.excerpts import excerpt, marked, spans
from search.indexing import index_few_changed_items
from search.matching import Match, TermPoints, match
from search.models import IndexItem, IndexWord, Occurrence
from search.ranking import Ranking
from search.sources import Source, public_sources
from search.words import normalized, plain_text, words

MAX_SUGGESTIONS = 3
ITEM = ("item__model", "item__object_id", "item__page")
# Words of a query that suggestions correct.
MAX_CORRECTED = 4
# A suggestion has at least this share of its letters in common with what was typed.
MIN_SIMILARITY = 0.6
# Maximum number of values in a condition. Above it, all rows are read, which takes less time.
MAX_VALUES = 1000


class IndexedItem(NamedTuple):
    model: str
    object_id: int
    page: str


@dataclass(frozen=True)
class Result:
    """A page with a match. Title and excerpt are HTML with the matched words marked."""

    url: str
    title: SafeString
    excerpt: SafeString


@dataclass(frozen=True)
class Hits:
    """The items with words of a match that visitors may see now, with the points of each term."""

    match: Match
    items: dict[IndexedItem, TermPoints]

    @classmethod
    def of(cls, request: HttpRequest, found: Match) -> "Hits":
        items = {IndexedItem(*row[: len(ITEM)]): row[len(ITEM) :] for row in found.points(*ITEM)}
        return cls(found, {item: items[item] for item in visible_items(request, items)})

    def ranking(self, number: int) -> Ranking:
        """Return the ranking of the pages that show the items, on a site with `number` pages."""
        pages: dict[str, TermPoints] = {}
        for item, points in self.items.items():
            # The terms of a unit can be in several items of a page.
            pages[item.page] = tuple(map(max, pages[item.page], points)) if item.page in pages else points
        # Most pages have the same points as others.
        unit_points = cache(self.match.unit_points)
        return Ranking(self.match.units, {page: unit_points(points) for page, points in pages.items()}, number)

    def best_items(self, pages: Collection[str]) -> dict[str, IndexedItem]:
        """Return page → the item with the most points."""
        with_pages = page_models()
        candidates = defaultdict(list)
        for item, points in self.items.items():
            if item.page in pages:
                # The page itself rather than a part that matches as well.
                candidates[item.page].append((-sum(points), item.model not in with_pages, item))
        return {page: min(rows)[-1] for page, rows in candidates.items()}


@dataclass(frozen=True)
class Found:
    """The identities of the pages that match a query, the best first. If `is_partial`, none has all words."""

    # Those of the words by which the pages are ranked.
    hits: Hits
    pages: list[str]
    # All words.
    words: set[str]
    is_partial: bool = False

    def results(self, pages: Sequence[str]) -> list[Result]:
        """Return the results of some of the pages."""
        best = self.hits.best_items(pages)
        own = IndexItem.objects.filter(page__in=pages, model__in=page_models())
        page_items = {row[-1]: IndexedItem(*row) for row in own.values_list(*IndexedItem._fields)}
        loaded = load({*best.values(), *page_items.values()})
        return [
            Result(
                loaded[page_items[page]].url,
                loaded[page_items[page]].heading(self.words),
                loaded[best[page]].excerpt(self.words),
            )
            for page in pages
            # An item can be hidden or deleted between two queries.
            if page_items.get(page) in loaded and best[page] in loaded
        ]


def find(request: HttpRequest, text: str, language: str) -> Found:
    """Return the published pages with every word of `text` that counts; if there are none, those with some of them.

    `language` must be the active language.
    """
    index_few_changed_items()
    number = number_of_pages()
    for found in match(text, (language,), Occurrence.objects.all()):
        hits, ranking = ranked(request, found, number)
        words = set(found.matched_words.values())
        if pages := ranking.complete():
            return Found(hits, pages, words)
    return Found(hits, ranking.partial(), words, is_partial=True)


def ranked(request: HttpRequest, found: Match, number: int) -> tuple[Hits, Ranking]:
    """Return the ranking by the units that count, first without words of most pages, which take most of the time."""
    if len(found.units) > 1 and (rare := found.without(common_words(found, number))).units:
        hits = Hits.of(request, rare)
        ranking = hits.ranking(number)
        if any(ranking.own_weights):
            return hits, ranking
    hits = Hits.of(request, found)
    return hits, hits.ranking(number)


def common_words(found: Match, number: int) -> set[int]:
    """Return the primary keys of the words that more than half of `number` pages contain, published or not."""
    in_pages = Occurrence.objects.filter(word__in=list(found.matched_words), item__model__in=page_models())
    counts = in_pages.order_by().values("word").annotate(count=Count("*"))
    return set(counts.filter(count__gt=number // 2).values_list("word", flat=True))


def number_of_pages() -> int:
    """The number of pages in the index, published or not."""
    return IndexItem.objects.filter(model__in=page_models()).count()


def page_models() -> set[str]:
    """The labels of the models whose items have pages of their own."""
    return {source.label for source in public_sources() if not source.is_part}


def visible_items(request: HttpRequest, items: Collection[IndexedItem]) -> list[IndexedItem]:
    """Return those of `items` that visitors may see now, whenever they were indexed.

    They are published, and so are the pages that show them.
    """
    with_pages = page_models()
    pages = {item.page for item in items if item.model not in with_pages}
    own = IndexItem.objects.filter(model__in=with_pages)
    own = own.filter(page__in=pages) if len(pages) <= MAX_VALUES else own
    page_items = [IndexedItem(*row) for row in own.values_list(*IndexedItem._fields)] if pages else []
    shown = {label: shown_keys(request, label) for label in {item.model for item in (*items, *page_items)}}
    shown_pages = {item.page for item in page_items if item.object_id in shown[item.model]}
    return [
        item
        for item in items
        if item.object_id in shown[item.model] and (item.model in with_pages or item.page in shown_pages)
    ]


@dataclass(frozen=True)
class LoadedItem:
    source: Source
    item: Any

    @property
    def url(self) -> str:
        return self.item.get_absolute_url()

    def heading(self, found_words: Collection[str]) -> SafeString:
        return marked(self.source.heading(self.item), found_words)

    def excerpt(self, found_words: Collection[str]) -> SafeString:
        texts = [text for _weight, text in self.source.texts(self.item)]
        description = self.source.description(self.item)
        if not self.source.is_part:
            # The result has the heading as its title.
            heading = self.source.heading(self.item)
            texts = [description, *(text for text in texts if text not in (heading, description))]
        return excerpt(texts, description, found_words)

    def spelling(self, word: str) -> str | None:
        """A word that is normalised to `word`, as a text of the item writes it."""
        for _weight, text in self.source.texts(self.item):
            plain = plain_text(text)
            for start, end, _key in spans(plain, {word}):
                return plain[start:end]
        return None


def load(items: Iterable[IndexedItem]) -> dict[IndexedItem, LoadedItem]:
    """Read the items that visitors may see, one query for each source."""
    keys = defaultdict(list)
    for item in items:
        keys[item.model].append(item.object_id)
    loaded = {}
    for source in public_sources():
        if object_ids := keys.get(source.label):
            for item in source.visible().filter(pk__in=object_ids).select_related(*source.related):
                loaded[IndexedItem(source.label, item.pk, source.page(item))] = LoadedItem(source, item)
    return loaded


def suggestions(request: HttpRequest, text: str, language: str) -> list[str]:
    """Return up to MAX_SUGGESTIONS words that pages contain, and that are spelt like words of `text` that none has.

    The words are spelt as the pages write them.
    """
    number = number_of_pages()

    def is_found(word: str) -> bool:
        found = next(match(word, (language,), Occurrence.objects.all()))
        return bool(common_words(found, number) or Hits.of(request, found).items)

    typed = [word.text for word in words(plain_text(text))][:MAX_CORRECTED]
    # Words that most pages have are found, so they get no suggestions.
    unknown = [normalized(word) for word in typed if not is_found(word)]
    vocabulary = IndexWord.objects.filter(language=language).order_by("word").values_list("word", flat=True).distinct()
    similar = similar_words(unknown, list(vocabulary)) if unknown else []
    spelt = spellings(request, {word for near in similar for word in near}, language)
    # The best spelling of each word precedes the second best ones.
    in_turn = zip_longest(*([spelt[word] for word in near if word in spelt][:MAX_SUGGESTIONS] for near in similar))
    found = dict.fromkeys(spelling for spellings in in_turn for spelling in spellings if spelling)
    return [spelling for spelling in found if fold(spelling) != fold(text)][:MAX_SUGGESTIONS]


def similar_words(typed: Iterable[str], vocabulary: Sequence[str]) -> list[list[str]]:
    """Return the other words of `vocabulary` that are most like each of the words `typed`, the most similar first."""
    found = []
    for word in typed:
        near = process.extract(
            word, vocabulary, scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=10
        )
        best_first = sorted(near, key=lambda row: (-row[1], row[0]))
        found.append([other for other, _similarity, _index in best_first if other != word])
    return found


def spellings(request: HttpRequest, normalized_words: Collection[str], language: str) -> dict[str, str]:
    """Return normalised word → the word as a page writes it, for those that visitors can read."""
    occurrences = Occurrence.objects.filter(word__language=language, word__word__in=normalized_words)
    items = [(word, IndexedItem(*item)) for word, *item in occurrences.values_list("word__word", *ITEM)]
    visible = set(visible_items(request, {item for _word, item in items}))
    shown_in = dict(sorted(((word, item) for word, item in items if item in visible), reverse=True))
    loaded = load(set(shown_in.values()))
    found = {word: loaded[item].spelling(word) for word, item in shown_in.items() if item in loaded}
    return {word: spelling for word, spelling in found.items() if spelling}
