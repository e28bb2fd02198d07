"""News as feeds."""

from datetime import datetime, time

from django.utils.timezone import get_default_timezone

from news.models import NewsItem
from opendata.feeds import FilteredFeed


class NewsFeed(FilteredFeed):
    """The news in `found`, the newest first."""

    kind = "news"

    def moment_of(self, item: NewsItem) -> datetime:
        return datetime.combine(item.date, time.min, get_default_timezone())
