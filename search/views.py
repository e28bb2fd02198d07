"""The page of search results."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pages.cached import section
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE
from search.forms import SearchForm
from search.results import find, suggestions


@require_safe
def search(request):
    page = section(request, Page.Kind.SEARCH)
    form = SearchForm(request.GET if "q" in request.GET else None)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    context = {
        "page": page,
        "subject": page,
        "available_languages": page.languages(),
        "form": form,
        "query": query,
        "query_string": urlencode({"q": query}),
    }
    if query:
        found = find(query, get_language())
        pages = Paginator(found.pages, ITEMS_PER_PAGE).get_page(request.GET.get("page"))
        context |= {
            "found": found,
            "pages": pages,
            "results": found.results(list(pages)),
            "suggestions": [] if found.pages else suggestions(query, get_language()),
        }
    return render(request, "search/results.html", context)
