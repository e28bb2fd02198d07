"""What keeps the consent record in order: seals over what is new, and an end to what was kept long enough."""

from consent.models import AccessEntry, Leaf, Seal


def seal_and_erase() -> tuple[int, int]:
    """Returns how many records were sealed and how many erased."""
    sealed = Seal.objects.seal_waiting()
    AccessEntry.objects.outdated().delete()
    erased = Leaf.objects.erase_outdated()
    return sealed + Seal.objects.seal_waiting(), erased
