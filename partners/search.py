"""Texts of the universities for the search."""

from partners.models import PartnerOwnName, PartnerUniversity
from search.sources import Source, page_of

SOURCES = (
    Source(
        PartnerUniversity,
        # The city as well: its university comes before items that only mention it.
        name=("name", "short_name", "city", "city_local"),
        summary=("summary", PartnerUniversity.get_role_display),
        text=("description", "city_past", lambda partner: partner.country.name),
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
