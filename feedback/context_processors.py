"""Context of the page layout."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from feedback import cached


def feedback(request: HttpRequest) -> dict[str, SimpleLazyObject]:
    """`has_feedback_form`: whether the page with the form exists; read on first use."""
    return {"has_feedback_form": SimpleLazyObject(lambda: cached.has_feedback_form(request))}
