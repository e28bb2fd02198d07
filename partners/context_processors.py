"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from partners import cached


def universities(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`universities`: those that the woven patterns show; read on first use."""
    return {"universities": SimpleLazyObject(lambda: cached.universities(request))}


def threads(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`threads`: the thread numbers of the universities, each once, in their order; read on first use."""

    def numbers() -> list[int]:
        return list(dict.fromkeys(university.thread for university in cached.universities(request)))

    return {"threads": SimpleLazyObject(numbers)}
