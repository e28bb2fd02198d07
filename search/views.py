"""The page of search results."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pages.cached import section
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE, requested_pages
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
        found = find(request, query, get_language())
        paginator = Paginator(found.pages, ITEMS_PER_PAGE)
        pages = paginator.page(next(number for number in requested_pages(request) if number in paginator.page_range))
        context |= {
            "found": found,
            "pages": pages,
            "results": found.results(list(pages)),
            "suggestions": [] if found.pages else suggestions(request, query, get_language()),
        }
    return render(request, "search/results.html", context)
