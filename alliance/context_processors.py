"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from alliance import cached


def alliance(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`alliance`: the alliance with its host university; a false value before content is loaded."""
    return {"alliance": SimpleLazyObject(lambda: cached.alliance(request))}
