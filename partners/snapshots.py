"""The universities as the cloth and the map show them, kept until the content changes."""

from delivery.snapshot import snapshot
from partners.models import PartnerUniversity


@snapshot
def universities() -> list[PartnerUniversity]:
    """The first of those that belong to the alliance now."""
    return list(PartnerUniversity.objects.published().for_map())
