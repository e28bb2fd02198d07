"""Recurring jobs: seal new records, and erase records after their retention period."""

from consent.models import AccessEntry, Leaf, Seal
from consent.signing import SealKey, SealKeyMissingError


def seal() -> int:
    """Seal the unsealed records, and return their number.

    Raises SealKeyError if the key is missing or damaged, even without unsealed records.
    """
    try:
        SealKey.own()
    except SealKeyMissingError:
        # The first seal creates the key.
        if Seal.objects.exists():
            raise
    return Seal.objects.seal_waiting()


def erase_outdated() -> int:
    """Erase records and log entries after their retention period, and return the number of records.

    The next seal covers the erasure.
    """
    AccessEntry.objects.outdated().delete()
    return Leaf.objects.erase_outdated()


def seal_and_erase() -> tuple[int, int]:
    """Return the numbers of sealed and erased records. The erasures are sealed, too."""
    sealed = seal()
    erased = erase_outdated()
    return sealed + seal(), erased
