"""Results of a visitor's search: pages with their excerpts, and suggestions when nothing is found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.safestring import SafeString
from rapidfuzz import process
from rapidfuzz.distance import OSA

from editorial.alphabet import fold
from search.excerpts import excerpt, marked, spans
from search.indexing import index_few_changed_items
from search.matching import IndexedItem, Match, match
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


@dataclass(frozen=True)
class Result:
    """A page with a match. Title and excerpt are HTML with the matched words marked."""

    url: str
    title: SafeString
    excerpt: SafeString


@dataclass(frozen=True)
class Found:
    """The identities of the pages that match a query, the best first. If `is_partial`, none has all words."""

    match: Match
    pages: list[str]
    is_partial: bool = False

    def results(self, pages: Sequence[str]) -> list[Result]:
        """Return the results of some of the pages."""
        with_pages = page_models()
        candidates: dict[str, list[tuple]] = defaultdict(list)
        items = self.match.grouped(*ITEM).filter(item__page__in=pages)
        for model, object_id, page, *points in items.values_list(*ITEM, *self.match.points()):
            # The page itself rather than a part that matches as well.
            candidates[page].append((-sum(points), model not in with_pages, IndexedItem(model, object_id, page)))
        best = {page: min(rows)[-1] for page, rows in candidates.items()}
        own = IndexItem.objects.filter(page__in=pages, model__in=with_pages)
        page_items = {row[-1]: IndexedItem(*row) for row in own.values_list("model", "object_id", "page")}
        loaded = load({*best.values(), *page_items.values()})
        words = set(self.match.matched_words.values())
        return [
            Result(
                loaded[page_items[page]].url, loaded[page_items[page]].heading(words), loaded[best[page]].excerpt(words)
            )
            for page in pages
            # An item can be hidden or deleted between two queries.
            if page_items.get(page) in loaded and best.get(page) in loaded
        ]


def find(text: str, language: str) -> Found:
    """Return the published pages with every word of `text` that counts; if there are none, those with some of them.

    `language` must be the active language.
    """
    index_few_changed_items()
    for found in match(text, (language,), visible_occurrences()):
        ranking = ranking_of(found)
        if pages := ranking.complete():
            return Found(found, pages)
    return Found(found, ranking.partial(), is_partial=True)


def ranking_of(found: Match) -> Ranking:
    """Return the ranking by the units that count, first without words of most pages, which take most of the time."""
    number = IndexItem.objects.filter(model__in=page_models()).count()
    if len(found.units) > 1 and (rare := found.without(common_words(found, number))).units:
        ranking = Ranking(rare.units, rare.unit_points("item__page"), number)
        if any(ranking.own_weights):
            return ranking
    return Ranking(found.units, found.unit_points("item__page"), number)


def common_words(found: Match, number: int) -> set[int]:
    """Return the primary keys of the words that more than half of `number` pages contain, published or not."""
    in_pages = Occurrence.objects.filter(word__in=list(found.matched_words), item__model__in=page_models())
    counts = in_pages.order_by().values("word").annotate(count=Count("*"))
    return set(counts.filter(count__gt=number // 2).values_list("word", flat=True))


def page_models() -> set[str]:
    """The labels of the models whose items have pages of their own."""
    return {source.model._meta.label_lower for source in public_sources() if not source.is_part}


def visible_occurrences() -> QuerySet[Occurrence]:
    """The occurrences in items that visitors may see now, whenever they were indexed.

    The items are published, and so are the pages that show them.
    """
    # Any, because a condition with Exists is a Q, but not to django-stubs.
    pages: Any = Q(pk__in=[])
    parts: Any = Q(pk__in=[])
    own: Any = Q(pk__in=[])
    for source in public_sources():
        label = source.model._meta.label_lower
        shown = source.visible().order_by()
        if source.is_part:
            parts |= Q(item__model=label) & Exists(shown.filter(pk=OuterRef("item__object_id")))
        else:
            pages |= Q(item__model=label) & Exists(shown.filter(pk=OuterRef("item__object_id")))
            own |= Q(model=label) & Exists(shown.filter(pk=OuterRef("object_id")))
    parts &= Exists(IndexItem.objects.filter(own, page=OuterRef("item__page")))
    return Occurrence.objects.filter(pages | parts)


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
        if object_ids := keys.get(label := source.model._meta.label_lower):
            for item in source.visible().filter(pk__in=object_ids).select_related(*source.related):
                loaded[IndexedItem(label, item.pk, source.page(item))] = LoadedItem(source, item)
    return loaded


def suggestions(text: str, language: str) -> list[str]:
    """Return up to MAX_SUGGESTIONS words that pages contain, and that are spelt like words of `text` that none has."""
    visible = visible_occurrences()

    def is_found(word: str) -> bool:
        matches = match(word, (language,), visible)
        found_words = (list(found.matched_words) for found in matches)
        return any(visible.filter(word__in=pks).exists() for pks in found_words if pks)

    typed = [word.text for word in words(plain_text(text))][:MAX_CORRECTED]
    # Words that most pages have are found, so they get no suggestions.
    spellings = [similar_words(word, language, visible) for word in typed if not is_found(word)]
    # The best spelling of each word precedes the second best ones.
    in_turn = (word for near in zip_longest(*spellings) for word in near if word)
    return [word for word in dict.fromkeys(in_turn) if fold(word) != fold(text)][:MAX_SUGGESTIONS]


def similar_words(text: str, language: str, visible: QuerySet[Occurrence]) -> list[str]:
    """Return the words most like `text` that visitors can read, as the pages write them."""
    vocabulary = IndexWord.objects.filter(language=language).order_by("word").values_list("word", flat=True).distinct()
    near = process.extract(
        normalized(text), list(vocabulary), scorer=OSA.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=10
    )
    of_words = visible.filter(word__language=language, word__word__in=[row[0] for row in near])
    items = [(word, IndexedItem(*item)) for word, *item in of_words.values_list("word__word", *ITEM)]
    shown_in = dict(sorted(items, reverse=True))
    loaded = load(set(shown_in.values()))
    found = []
    for word, _similarity, _index in sorted(near, key=lambda row: (-row[1], row[0])):
        if word in shown_in and (item := loaded.get(shown_in[word])) and (spelling := item.spelling(word)):
            found.append(spelling)
    return found[:MAX_SUGGESTIONS]
