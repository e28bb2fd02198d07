"""The timeline as an Atom feed (RFC 4287)."""

from math import ceil
from typing import Any

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from alliance.cached import get_alliance_or_404
from alliance.models import Milestone
from editorial.clean_text import xml_text
from pages.cached import section
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE, page_query

MAX_ENTRIES = 50


class WellFormedAtom(Atom1Feed):
    """Atom without the characters that XML cannot contain, whatever is stored."""

    def __init__(self, *args: Any, **texts: Any):
        super().__init__(*args, **in_xml(texts))

    def add_item(self, *args: Any, **texts: Any) -> None:
        super().add_item(*args, **in_xml(texts))


def in_xml(texts: dict[str, Any]) -> dict[str, Any]:
    return {name: xml_text(text) if isinstance(text, str) else text for name, text in texts.items()}


class MilestoneFeed(Feed):
    """Published milestones, the latest first."""

    feed_type = WellFormedAtom

    def get_object(self, request) -> Page:
        self.timeline = request.build_absolute_uri(reverse("alliance:milestones"))
        self.alliance = get_alliance_or_404(request)
        return section(request, Page.Kind.MILESTONES)

    def title(self, page: Page) -> str:
        return f"{page.title} – {self.alliance.acronym}"

    def subtitle(self, page: Page) -> str | None:
        return page.lead or None

    def link(self, page: Page) -> str:
        return page.get_absolute_url()

    def items(self):
        return Milestone.objects.published().with_position().reverse()[:MAX_ENTRIES]

    def item_title(self, milestone: Milestone) -> str:
        return f"{milestone.date_in_words}: {milestone.title}"

    def item_description(self, milestone: Milestone) -> str:
        return milestone.body

    def item_guid(self, milestone: Milestone) -> str:
        """A permanent ID, independent of pagination (RFC 4287, section 4.2.6)."""
        return f"{self.timeline}#{milestone.key}"

    def item_link(self, milestone: Milestone) -> str:
        query = page_query(ceil(milestone.position / ITEMS_PER_PAGE))
        return f"{reverse('alliance:milestones')}{query}#{milestone.key}"

    def item_updateddate(self, milestone: Milestone):
        return milestone.updated_at
