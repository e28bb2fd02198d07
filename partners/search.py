"""Texts of the universities for the search."""

from partners.models import PartnerOwnName, PartnerUniversity
from search.sources import Source, page_of

SOURCES = (
    Source(
        PartnerUniversity,
        name=("name", "short_name"),
        title=("city", "city_local"),
        summary=("summary", PartnerUniversity.get_role_display),
        text=(
            "description",
            "city_story",
            "unic_role",
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
