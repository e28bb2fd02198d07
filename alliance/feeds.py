"""The timeline as a feed."""

from math import ceil

from django.db.models import QuerySet
from django.urls import reverse

from alliance.models import Milestone
from opendata.feeds import MAX_ENTRIES, SectionFeed
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE, page_query


class MilestoneFeed(SectionFeed):
    """Published milestones, the latest first."""

    kind = Page.Kind.MILESTONES

    def feed_key(self) -> str:
        return ""

    def items(self) -> QuerySet[Milestone]:
        return Milestone.objects.published().with_position().reverse()[:MAX_ENTRIES]

    def item_title(self, milestone: Milestone) -> str:
        return f"{milestone.date_in_words}: {milestone.title}"

    def item_description(self, milestone: Milestone) -> str:
        return milestone.body

    def item_link(self, milestone: Milestone) -> str:
        query = page_query(ceil(milestone.position / ITEMS_PER_PAGE))
        return f"{reverse('alliance:milestones')}{query}#{milestone.key}"
