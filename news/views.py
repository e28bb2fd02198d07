"""The list of news, the page of one item, and the feeds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.feedgenerator import SyndicationFeed
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from news.feeds import NewsFeed
from news.forms import NewsFilterForm
from news.models import NewsItem
from pagecache.decorators import cached_page
from pages.cached import section
from pages.pagination import paginate
from partners.section_pages import render_section


@cached_page("topic", "member", "year", "page")
@require_safe
def news_list(request: HttpRequest) -> HttpResponse:
    form = NewsFilterForm(request.GET or None)
    news = NewsItem.objects.published().matching(**form.filters).for_list()
    return render_section(
        request, "news", "news/list.html", form=form, page_obj=paginate(request, news), filter_query=form.query()
    )


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
        "related": NewsItem.objects.published().defer("body").related_to(item),
    }
    return render(request, "news/detail.html", context)


@cached_page("topic", "member", "year")
@require_safe
def feed(request: HttpRequest, feed_type: type[SyndicationFeed]) -> HttpResponse:
    """Return the feed of the news that match the filters in the request."""
    form = NewsFilterForm(request.GET or None)
    found = NewsItem.objects.published().matching(**form.filters)
    return NewsFeed(get_alliance_or_404(request), form, found, feed_type).respond(request)
