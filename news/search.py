"""Texts of the news for the search."""

from news.models import NewsItem
from search.sources import Source

SOURCES = (
    Source(NewsItem, title=("title",), summary=("summary",), text=("body", "source"), shown=NewsItem.objects.published),
)
