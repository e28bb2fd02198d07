"""Translation memory: what the site's own past says of a text like this one."""

import re
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Abs, Length
from rapidfuzz import fuzz, process

from translations.status.models import Translation

# Texts that are compared at most, those of the nearest length first.
CANDIDATES = 300
LIKENESS = 70
# A text shorter than this part of another cannot be as like it as that.
SHORTEST = LIKENESS / (200 - LIKENESS)


@dataclass(frozen=True)
class Suggestion:
    """A text that was translated before, and how like the present one it is, in per cent."""

    source: str
    target: str
    likeness: int


def suggestions(text: Translation, limit: int = 3) -> list[Suggestion]:
    """The translations of texts most like `text`, in one query, the most alike first and each wording once."""
    source = text.source_text
    if not source:
        return []
    words = sorted(set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", source))), key=len)[-3:]
    shares_a_word = Q(translated_from__text=source)
    for word in words:
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
        .filter(size__range=(int(size * SHORTEST), int(size / SHORTEST) + 1))
        .order_by("is_other", Abs(F("size") - size), "pk")
        .values_list("translated_from__text", "target")[:CANDIDATES]
    )
    known = list(dict.fromkeys(pairs))
    alike = process.extract(
        source, [source for source, _target in known], scorer=fuzz.ratio, limit=limit, score_cutoff=LIKENESS
    )
    return [Suggestion(*known[place], round(score)) for _source, score, place in alike]
