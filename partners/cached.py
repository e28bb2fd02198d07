"""Universities that every page shows, kept until the content changes."""

from pagecache.per_version import cached_per_version
from partners.models import PartnerUniversity


@cached_per_version
def universities() -> tuple[PartnerUniversity, ...]:
    """The first of those that belong to the alliance now, as the cloth and the map show them."""
    return tuple(PartnerUniversity.objects.published().for_map())


@cached_per_version
def languages() -> set[str]:
    """The languages in which the list of partners is complete."""
    return PartnerUniversity.objects.published().languages("summary")
