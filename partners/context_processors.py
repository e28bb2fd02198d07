"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from partners import cached


def universities(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`universities`: those that the woven patterns show; read on first use."""
    return {"universities": SimpleLazyObject(lambda: cached.universities(request))}
