"""Opportunities as feeds."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.html import escape
from django.utils.translation import gettext

from opendata.feeds import MAX_ENTRIES, FilteredFeed
from opportunities.models import Opportunity
from pages.models import Page


class OpportunityFeed(FilteredFeed):
    """The opportunities in `found`, those added last first. The filters are in the title."""

    kind = "opportunities"

    def title(self, page: Page) -> str:
        return ": ".join(filter(None, [super().title(page), ", ".join(self.form.labels)]))

    def items(self) -> QuerySet[Opportunity]:
        return self.found.with_topics().order_by("-pk")[:MAX_ENTRIES]

    def item_description(self, item: Opportunity) -> str:
        deadline = gettext("Deadline: %(date)s") % {"date": item.closes_in_words} if item.closes_on else ""
        lines = [f"<p>{escape(line)}</p>" for line in (deadline, item.summary) if line]
        return "".join([*lines, item.eligibility, item.how_to_apply, item.body])

    def moment_of(self, item: Opportunity) -> datetime | None:
        return item.opens_at

    def item_categories(self, item: Opportunity) -> list[str]:
        return [str(item.get_kind_display()), *super().item_categories(item)]
