"""The search of lists in the admin. An app that can search content registers it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from django.db.models import QuerySet

# Takes the items of a list, the query and the searched fields, and returns the items that match. The last argument says
# whether the best matches come first.
Search: TypeAlias = Callable[[QuerySet[Any], str, Sequence[str], bool], QuerySet[Any]]

registered: list[Search] = []


def register_search(search: Search) -> None:
    """Register the search of content. Call it in `AppConfig.ready`."""
    registered.append(search)
