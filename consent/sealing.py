"""The recurring work on the consent record: sealing what is new, erasing what was kept long enough."""

from consent.models import AccessEntry, Leaf, Seal
from consent.signing import SealKey, SealKeyMissingError


def seal() -> int:
    """Seal the records that wait; returns how many. Raises an error where the key is damaged, even if none wait."""
    try:
        SealKey.own()
    except SealKeyMissingError:
        # The first seal makes it.
        if Seal.objects.exists():
            raise
    return Seal.objects.seal_waiting()


def erase_outdated() -> int:
    """Erase what was kept long enough; returns how many records. The next seal covers the erasure."""
    AccessEntry.objects.outdated().delete()
    return Leaf.objects.erase_outdated()


def seal_and_erase() -> tuple[int, int]:
    """Returns how many records were sealed and how many erased."""
    sealed = seal()
    erased = erase_outdated()
    return sealed + seal(), erased
