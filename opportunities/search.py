"""Texts of the opportunities for the search."""

from opportunities.models import Opportunity
from search.sources import Source

SOURCES = (
    Source(
        Opportunity,
        title=("title",),
        summary=("summary", Opportunity.get_kind_display),
        text=("eligibility", "how_to_apply", "funding", "place", "body"),
        shown=Opportunity.objects.published,
    ),
)
