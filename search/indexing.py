"""Updates the index from the items that changed."""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.utils import translation

from search.models import IndexItem, IndexWord, ItemToIndex, Occurrence
from search.sources import Source, sources_of
from search.words import normalized, plain_text, stem, words

log = logging.getLogger(__name__)

# Items that are indexed in one transaction. Few, because on SQLite the decisions of visitors wait until it ends.
CHUNK = 10
# Changed items that a search indexes before it answers. More are left to the job.
FEW = 20
# A job must end within seconds. Its next run does the rest.
MAX_SECONDS = 1
# Values in a condition, well below the limits of both databases.
MAX_VALUES = 5000

# (language, word, stem)
WordKey = tuple[str, str, str]


def index_changed_items(max_seconds: float | None = None) -> int:
    """Index the items that changed, one chunk per transaction, until all are done or `max_seconds` have passed.

    Return their number.
    """
    started, number = time.monotonic(), 0
    while done := index_chunk():
        number += done
        if max_seconds and time.monotonic() - started > max_seconds:
            break
    return number


def index_few_changed_items() -> None:
    """Index the items that changed if they are few enough for a search to wait.

    The job indexes larger numbers. If the database cannot be written, the search goes on with what is indexed.
    """
    if 0 < len(ItemToIndex.objects.values_list("pk")[: FEW + 1]) <= FEW:
        try:
            index_changed_items()
        except OperationalError as error:
            log.warning("The search index could not be updated: %s", error)


@transaction.atomic
def index_chunk() -> int:
    """Index up to CHUNK items. Return the number of rows of the queue, or 0 if another process indexes now."""
    if not lock():
        return 0
    rows = list(ItemToIndex.objects.order_by("pk")[:CHUNK])
    keys: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        keys[row.model].add(row.object_id)
    for label, object_ids in keys.items():
        index_items(label, object_ids)
    ItemToIndex.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def lock() -> bool:
    """Keep other processes from indexing until the end of the transaction. SQLite has only one writer at a time."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('search_index'))")
        return cursor.fetchone()[0]


def index_items(label: str, object_ids: Collection[int]) -> None:
    """Index the items of a model again. Items that no longer exist leave the index."""
    IndexItem.objects.filter(model=label, object_id__in=object_ids).delete()
    model = apps.get_model(label)
    for source in sources_of(model):
        items = list(model._base_manager.filter(pk__in=object_ids).select_related(*source.related).order_by("pk"))
        found = weighted_words(source, items)
        indexed = IndexItem.objects.bulk_create(
            IndexItem(model=label, object_id=item.pk, page=source.page(item)) for item in items
        )
        word_ids = ensure_words({key for weights in found for key in weights})
        insert_occurrences(
            (word_ids[key], item.pk, weight)
            for item, weights in zip(indexed, found, strict=True)
            for key, weight in weights.items()
        )


def insert_occurrences(rows: Iterable[tuple[int, int, int]]) -> None:
    """Insert rows of word, item and weight. A model instance for each would take most of the time."""
    table = Occurrence._meta.db_table
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} (word_id, item_id, weight) VALUES (%s, %s, %s)", list(rows))  # noqa: S608


def weighted_words(source: Source, items: Collection[models.Model]) -> list[dict[WordKey, int]]:
    """Return the words of each item in all languages, with their highest weights."""
    found: list[dict[WordKey, int]] = [{} for _item in items]
    for language in settings.CONTENT_LANGUAGES:
        with translation.override(language):
            for item, weights in zip(items, found, strict=True):
                # The heaviest texts come first.
                for weight, text in source.texts(item):
                    for word in words(plain_text(text)):
                        for form in word.forms:
                            key = language, normalized(form), stem(form, text.language)
                            if key[1]:
                                weights.setdefault(key, weight)
    return found


def ensure_words(keys: Collection[WordKey]) -> dict[WordKey, int]:
    """Create the missing words. Return the primary key of each."""
    ids: dict[WordKey, int] = {}
    wanted = sorted({word for _language, word, _stem in keys})
    for start in range(0, len(wanted), MAX_VALUES):
        rows = IndexWord.objects.filter(word__in=wanted[start : start + MAX_VALUES])
        columns = rows.values_list("language", "word", "stem", "pk")
        ids |= {(language, word, word_stem): pk for language, word, word_stem, pk in columns}
    new = [IndexWord(language=key[0], word=key[1], stem=key[2]) for key in sorted(set(keys) - ids.keys())]
    for row in IndexWord.objects.bulk_create(new):
        ids[row.language, row.word, row.stem] = row.pk
    return ids


@transaction.atomic
def delete_unused_words() -> None:
    """Delete the words that no text contains any more, unless another process indexes now, which may use them."""
    if lock():
        IndexWord.objects.filter(~models.Exists(Occurrence.objects.filter(word=models.OuterRef("pk")))).delete()
