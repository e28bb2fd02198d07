"""Pagination of long lists."""

import re
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window
from django.http import HttpRequest

ITEMS_PER_PAGE = 24
PAGE_NUMBER = re.compile("[1-9][0-9]{0,8}")


def page_query(number: int, filter_query: str = "") -> str:
    """The query string for page `number` of a list, with "?". The first page has no number.

    `filter_query` holds the filters of the list, URL-encoded.
    """
    query = "&".join(filter(None, [filter_query, f"page={number}" if number > 1 else ""]))
    return f"?{query}" if query else ""


def requested_pages(request: HttpRequest) -> list[int]:
    """Return the page number of the parameter `page`, if it is one as links write it, and the first page."""
    requested = request.GET.get("page", "")
    return [int(requested), 1] if PAGE_NUMBER.fullmatch(requested) else [1]


def paginate(request: HttpRequest, items: QuerySet[Any], size: int = ITEMS_PER_PAGE) -> Page:
    """The page of `items` that the parameter `page` selects, or the first one if that page does not exist.

    One query sorts and counts the items, another one reads those of the page. In one, the database would read the texts
    of all items.
    """
    paginator = Paginator(items, size)
    for number in requested_pages(request):
        found = items.values_list("pk", Window(Count("*")))[(number - 1) * size : number * size]
        if found:
            break
    paginator.count = found[0][1] if found else 0
    return Page(items.filter(pk__in=[key for key, _total in found]), number, paginator)
