"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from partners.cached import universities


def threads(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`threads`: the thread numbers of the universities, each once, in their order."""
    return {"threads": SimpleLazyObject(lambda: list(dict.fromkeys(item.thread for item in universities(request))))}
