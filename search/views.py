"""The page of search results."""

from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pages.cached import section
from pages.models import Page
from search.forms import SearchForm
from search.results import find, suggestions


@require_safe
def search(request):
    page = section(request, Page.Kind.SEARCH)
    form = SearchForm(request.GET if "q" in request.GET else None)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    results = find(query, get_language()) if query else []
    context = {
        "page": page,
        "subject": page,
        "available_languages": page.languages(),
        "form": form,
        "query": query,
        "results": results,
        "suggestions": suggestions(query, get_language()) if query and not results else [],
    }
    return render(request, "search/results.html", context)
