"""News for tests."""

from datetime import date

from news.models import NewsItem
from topics.models import Topic


def make_news(number: int = 1, **fields) -> NewsItem:
    """A saved news item. `fields` replace the defaults."""
    defaults = {
        "key": f"item-{number}",
        "title_en": f"Item {number}",
        "summary_en": f"What happened in item {number}.",
        "date": date(2030, 1, 1),
    }
    return NewsItem.objects.create(**defaults | fields)


def fill_with_news(total: int) -> None:
    """Add news with the topic “Cities” and without a university until there are `total`."""
    first = NewsItem.objects.count() + 1
    made = NewsItem.objects.bulk_create(
        NewsItem(
            key=f"item-{number}",
            slug_en=f"item-{number}",
            title_en=f"Item {number}",
            summary_en="What happened.",
            date=date(2030, 1, 1),
        )
        for number in range(first, total + 1)
    )
    tag = NewsItem.topics.through
    cities = Topic.objects.get(key="cities")
    tag.objects.bulk_create(tag(newsitem=item, topic=cities) for item in made)
