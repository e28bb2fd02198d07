"""Translation memory: earlier translations of similar texts."""

import re
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Abs, Length
from rapidfuzz import fuzz, process

from translations.status.models import Translation

# Maximum number of texts that are compared, those with the most similar length first.
CANDIDATES = 300
# Minimum similarity in per cent.
MIN_SIMILARITY = 70
# A text that is shorter than this part of another text cannot reach the minimum.
MIN_LENGTH_RATIO = MIN_SIMILARITY / (200 - MIN_SIMILARITY)


@dataclass(frozen=True)
class Suggestion:
    """An earlier translation, and the similarity of its source to the present source in per cent."""

    source: str
    target: str
    similarity: int


def suggestions(text: Translation, limit: int = 3) -> list[Suggestion]:
    """At most `limit` translations of the texts most similar to `text`, found in one query."""
    source = text.source_text
    if not source:
        return []
    longest_words = sorted(set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", source))), key=len)[-3:]
    shares_a_word = Q(translated_from__text=source)
    for word in longest_words:
        shares_a_word |= Q(translated_from__text__icontains=word)
    size = len(source)
    pairs = (
        Translation.objects.into(text.language)
        .exclude(pk=text.pk)
        .exclude(target="")
        .filter(shares_a_word)
        .annotate(
            is_other=Case(When(translated_from__text=source, then=Value(0)), default=1, output_field=IntegerField()),
            size=Length("translated_from__text"),
        )
        .filter(size__range=(int(size * MIN_LENGTH_RATIO), int(size / MIN_LENGTH_RATIO) + 1))
        .order_by("is_other", Abs(F("size") - size), "pk")
        .values_list("translated_from__text", "target")[:CANDIDATES]
    )
    unique_pairs: list[tuple[str, str]] = list(dict.fromkeys(pairs))
    similar = process.extract(
        source,
        [source for source, _target in unique_pairs],
        scorer=fuzz.ratio,
        limit=limit,
        score_cutoff=MIN_SIMILARITY,
    )
    found = [(*unique_pairs[index], round(score)) for _source, score, index in similar]
    return [Suggestion(source, target, similarity) for source, target, similarity in found]
