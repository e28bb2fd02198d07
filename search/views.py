"""The page of search results."""

from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pages.cached import section
from pages.models import Page
from search.forms import SearchForm
from search.results import find, suggestions

MAX_RESULTS = 50


@require_safe
def search(request):
    page = section(request, Page.Kind.SEARCH)
    form = SearchForm(request.GET if "q" in request.GET else None)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    found = find(query, get_language()) if query else None
    context = {
        "page": page,
        "subject": page,
        "available_languages": page.languages(),
        "form": form,
        "query": query,
        "found": found,
        "results": found[:MAX_RESULTS] if found else [],
        "suggestions": [] if found or not query else suggestions(query, get_language()),
    }
    return render(request, "search/results.html", context)
