"""Long lists, part by part."""

import re

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window
from django.http import HttpRequest

# A page shows so many items, and leads to the others.
ITEMS_PER_PAGE = 24
NUMBER = re.compile("[1-9][0-9]{0,8}")


def page_query(number: int, narrowing: str = "") -> str:
    """What follows an address to name one part of its list, which `narrowing` may narrow; the first has no number."""
    query = "&".join(filter(None, [narrowing, f"page={number}" if number > 1 else ""]))
    return f"?{query}" if query else ""


def paginate(request: HttpRequest, items: QuerySet, size: int = ITEMS_PER_PAGE) -> Page:
    """The part of `items` that `page` in the query names; the first where there is no such part.

    It is read and counted by one query.
    """
    paginator = Paginator(items, size)
    asked = request.GET.get("page", "")
    for number in [int(asked), 1] if NUMBER.fullmatch(asked) else [1]:
        found = list(items.annotate(number_of_all=Window(Count("*")))[(number - 1) * size : number * size])
        if found:
            break
    paginator.count = found[0].number_of_all if found else 0
    return Page(found, number, paginator)
