"""What pages show of the universities, kept until the content changes."""

from delivery.snapshot import snapshot
from partners.models import PartnerUniversity


@snapshot
def universities() -> list[PartnerUniversity]:
    """The first of those that belong to the alliance now, as the cloth and the map show them."""
    return list(PartnerUniversity.objects.published().for_map())


@snapshot
def languages() -> set[str]:
    """The languages in which the list of partners is there."""
    return PartnerUniversity.objects.published().languages("summary")
