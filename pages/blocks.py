"""Blocks: parts that other apps add to a page, such as the newest news on the home page.

An app registers its blocks in `AppConfig.ready`. A block takes a constant number of queries.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from django.http import HttpRequest

# Maximum number of items in a block. With more of them, pages of universities would be very long on phones.
MAX_ITEMS = 3


class BlockPage(Enum):
    """A page that has blocks. The comment names the subject that a block gets."""

    HOME = "home"  # the alliance
    PARTNER = "partner"  # the university


@dataclass(frozen=True)
class Block:
    """A rendered part of a page: `template` is included with `context` as `block`.

    `expires_at` is the moment at which it changes although no content does.
    """

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


# Gets the request and the subject of the page. Returns None if there is nothing to show.
MakeBlock: TypeAlias = Callable[[HttpRequest, Any], Block | None]

registered: list[tuple[BlockPage, int, MakeBlock]] = []


def register(page: BlockPage, position: int, make_block: MakeBlock) -> None:
    """Add a block to `page`. Blocks with lower positions come first."""
    registered.append((page, position, make_block))


def blocks_of(page: BlockPage, request: HttpRequest, subject: Any) -> list[Block]:
    """Return the blocks of the page of `subject`, in their order."""
    makers = sorted((entry for entry in registered if entry[0] is page), key=lambda entry: entry[1])
    return [block for _page, _position, make_block in makers if (block := make_block(request, subject))]
