"""Decorator that marks views for the page cache."""

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable)


def cached_page(*parameters: str) -> Callable[[View], View]:
    """Mark a view whose pages are the same for all visitors with the same consent variant.

    `parameters` are the query parameters that its pages depend on; the page cache removes all others. A response is
    not cached if its status is not 200, if it sets a cookie, or if its headers forbid caching.
    """

    def mark(view: View) -> View:
        # An attribute on the function, as Django's own decorators for views set them.
        view.query_parameters = frozenset(parameters)  # type: ignore[attr-defined]
        return view

    return mark
