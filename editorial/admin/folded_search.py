"""Search of lists whose rows are not in the index of content: it ignores case and accents."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from editorial.alphabet import fold

# SQLite limits the number of values in a query.
MAX_ROWS = 10_000


class FoldedSearchMixin(ModelAdmin):
    """Admin whose search finds the rows with all words of the query in `search_fields`, as "malmo" in "Malmö".

    One query reads these fields of all rows, so it is for tables of some ten thousand short texts.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = set(fold(search_term).split())
        fields = self.get_search_fields(request)
        if not words or not fields:
            return queryset, False
        # Many rows have the same text, such as the source of translations.
        folded: dict[str, str] = {}
        missing: dict[Any, set[str]] = {}
        # A related field gives several rows for one key.
        for key, *texts in queryset.order_by().values_list("pk", *fields):
            left = missing.setdefault(key, set(words))
            for text in filter(None, texts):
                if text not in folded:
                    folded[text] = fold(text)
                left -= {word for word in left if word in folded[text]}
        keys = [key for key, left in missing.items() if not left]
        return queryset.filter(pk__in=keys[:MAX_ROWS]), False
