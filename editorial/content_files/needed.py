"""Items that visitors miss on a site without them, such as the home page.

A site works without them, so they are reported and not refused. An app registers its own in `AppConfig.ready`.
"""

from collections.abc import Callable, Iterable

# Returns a sentence for each missing item: what is missing, and the consequence.
FindMissing = Callable[[], Iterable[str]]
registered: list[FindMissing] = []


def register_needed(find_missing: FindMissing) -> None:
    """Add a function that finds missing items. Call it in `AppConfig.ready`."""
    registered.append(find_missing)


def missing_items() -> list[str]:
    """Return a sentence for each item that the content in the database lacks."""
    return [sentence for find_missing in registered for sentence in find_missing()]
