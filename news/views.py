"""The list of news, the page of one item, and the feeds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.feedgenerator import SyndicationFeed
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from news.feeds import NewsFeed
from news.forms import NewsFilterForm
from news.models import NewsItem
from opendata.feeds import AtomFeed, JSONFeed
from pagecache.decorators import cached_page
from pages.cached import languages, section
from pages.pagination import paginate
from partners.cached import universities


@cached_page("topic", "member", "year", "page")
@require_safe
def news_list(request: HttpRequest) -> HttpResponse:
    page = section(request, "news")
    form = NewsFilterForm(request.GET or None)
    context = {
        "page": page,
        "subject": page,
        "available_languages": languages(request, page),
        "form": form,
        "page_obj": paginate(request, NewsItem.objects.published().matching(**form.filters).for_list()),
        "universities": universities(request),
        "filter_query": form.query,
    }
    return render(request, "news/list.html", context)


@cached_page()
@require_safe
def news_detail(request: HttpRequest, slug: str) -> HttpResponse:
    item = NewsItem.objects.published().select_related("cover").with_topics().get_by_slug(slug)
    if item.slug != slug:
        return redirect(item, permanent=True)
    context = {
        "section": section(request, "news"),
        "item": item,
        "subject": item,
        "related": item.related(),
        "universities": universities(request),
    }
    return render(request, "news/detail.html", context)


def feed(request: HttpRequest, feed_type: type[SyndicationFeed]) -> HttpResponse:
    """Return the feed of the news that match the filters in the request."""
    form = NewsFilterForm(request.GET or None)
    found = NewsItem.objects.published().matching(**form.filters)
    return NewsFeed(get_alliance_or_404(request), found, form.query, feed_type).respond(request)


@cached_page("topic", "member", "year")
@require_safe
def atom_feed(request: HttpRequest) -> HttpResponse:
    return feed(request, AtomFeed)


@cached_page("topic", "member", "year")
@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    return feed(request, JSONFeed)
