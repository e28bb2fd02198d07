"""Texts of the universities for the search."""

from partners.models import PartnerOwnName, PartnerUniversity
from search.sources import Source, page_of


def coordinator(partner: PartnerUniversity) -> str:
    """Return the name of the coordinator's role; empty for others."""
    return partner.get_role_display() if partner.is_coordinator else ""


SOURCES = (
    Source(
        PartnerUniversity,
        # Before news and events that have the city, or the word “coordinator”, in their title.
        name=("name", "short_name", "city", "city_local", coordinator),
        summary=("summary", PartnerUniversity.get_role_display),
        text=(
            "description",
            "city_story",
            "alliance_role",
            "city_past",
            lambda partner: partner.country.name,
            lambda partner: [value for _register, value in partner.identifiers],
        ),
        shown=PartnerUniversity.objects.published,
    ),
    Source(
        PartnerOwnName,
        name=("name",),
        shown=PartnerOwnName.objects.published,
        page=lambda own_name: page_of(own_name.partner),
        is_part=True,
        related=("partner",),
    ),
)
