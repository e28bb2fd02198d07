"""Universities that every page shows, cached per content version."""

from pagecache.per_version import cached_per_version
from partners.models import PartnerUniversity


@cached_per_version
def universities() -> tuple[PartnerUniversity, ...]:
    """The current universities that the map and the weave pattern show."""
    return tuple(PartnerUniversity.objects.published().for_map())
