"""Pages of sections."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pages.cached import languages, section


def render_section(request: HttpRequest, kind: str, template: str, **context: Any) -> HttpResponse:
    """Render the page of the section `kind`."""
    page = section(request, kind)
    context = {
        "page": page,
        "subject": page,
        "available_languages": languages(request, page),
        **context,
    }
    return render(request, template, context)
