"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pages import cached


def layout_pages(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`layout_pages`: the pages of the sections, the menu and the footer; read on first use."""
    return {"layout_pages": SimpleLazyObject(lambda: cached.layout_pages(request))}
