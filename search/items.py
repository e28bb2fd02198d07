"""The search of lists in the admin: the same words, for published and unpublished items in all languages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Case, IntegerField, Model, QuerySet, Value, When

from editorial.models import Content
from search.indexing import index_few_changed_items
from search.matching import Match, TermPoints, match
from search.models import Occurrence

# More matches would exceed the number of values in a query that SQLite accepts.
MAX_ITEMS = 10_000
ITEM = ("item__model", "item__object_id")


def search_items(items: QuerySet[Any], text: str, fields: Sequence[str], is_ranked: bool) -> QuerySet[Any]:
    """Return the items of `items` with every word of `text` in their texts, or in those of the items that `fields`
    name: `partner__name`. The best come first if `is_ranked`.
    """
    index_few_changed_items()
    paths = sorted({path for name in fields if (path := name.rpartition("__")[0])})
    related = {path: get_fields_from_path(items.model, path)[-1].related_model for path in paths}
    models = {items.model, *(model for model in related.values() if model and issubclass(model, Content))}
    indexed = Occurrence.objects.filter(item__model__in=[model._meta.label_lower for model in models])
    totals: dict[int, int] = {}
    for found in match(text, tuple(settings.CONTENT_LANGUAGES), indexed):
        if totals := totals_of(found, items.model, related):
            break
    by_total = defaultdict(list)
    for pk, total in sorted(totals.items(), key=lambda row: -row[1])[:MAX_ITEMS]:
        by_total[total].append(pk)
    matching = items.filter(pk__in=[pk for pks in by_total.values() for pk in pks])
    if not is_ranked or not by_total:
        return matching
    best_first = Case(
        *(When(pk__in=pks, then=Value(-total)) for total, pks in by_total.items()), output_field=IntegerField()
    )
    return matching.order_by(best_first, *items.query.order_by)


def totals_of(found: Match, model: type[Model], related: Mapping[str, Any]) -> dict[int, int]:
    """Return primary key → total for the items of `model` that match, with the words of their related items."""
    points: dict[str, dict[int, TermPoints]] = defaultdict(dict)
    for label, key, *of_terms in found.points(*ITEM):
        points[label][key] = tuple(of_terms)
    of_items = points[model._meta.label_lower]
    for path, other_model in related.items():
        others = points[other_model._meta.label_lower]
        pairs = model._base_manager.filter(**{f"{path}__in": list(others)[:MAX_ITEMS]}).order_by()
        for pk, other in pairs.values_list("pk", path):
            of_items[pk] = tuple(map(max, of_items.get(pk, others[other]), others[other]))
    # Most items have the same points as others.
    unit_points = cache(found.unit_points)
    of_units = ((pk, unit_points(of_terms)) for pk, of_terms in of_items.items())
    return {pk: sum(points) for pk, points in of_units if points and all(points)}
