"""News as feeds."""

from datetime import datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import get_default_timezone

from news.models import NewsItem
from opendata.feeds import MAX_ENTRIES, SectionFeed


class NewsFeed(SectionFeed):
    """The news in `found`, the newest first."""

    kind = "news"

    def __init__(self, publisher: Any, found: QuerySet[NewsItem], *args: Any):
        super().__init__(publisher, *args)
        self.found = found

    def items(self) -> QuerySet[NewsItem]:
        return self.found.with_topics()[:MAX_ENTRIES]  # type: ignore[attr-defined]

    def item_pubdate(self, item: NewsItem) -> datetime:
        return datetime.combine(item.date, time.min, get_default_timezone())

    def item_categories(self, item: NewsItem) -> list[str]:
        return [topic.name for topic in item.published_topics]
