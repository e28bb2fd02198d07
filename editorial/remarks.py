"""Remarks of other apps on saved items, which the forms of content and the translators' desk show as warnings."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from editorial.models import Content

# Takes the saved items of a form, and returns a sentence for each remark.
Remarks: TypeAlias = Callable[[list[Content]], Iterable[str]]

registered: list[Remarks] = []


def register_remarks(remarks: Remarks) -> None:
    """Register a function that returns remarks on saved items. Call it in `AppConfig.ready`."""
    registered.append(remarks)


def remarks_on(items: list[Content]) -> Iterator[str]:
    """Yield the remarks of all apps on saved items."""
    for remarks in registered:
        yield from remarks(items)
