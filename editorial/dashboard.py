"""Blocks of the admin's index page: work that waits for the member of staff who looks at it.

Each app registers its blocks in `AppConfig.ready`. A block takes few queries, whatever the amount of data.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise

# Lines that a block shows.
MAX_LINES = 10


@dataclass(frozen=True)
class Line:
    """A thing to do, with a link to the page where it is done."""

    text: str
    url: str
    note: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class Block:
    """Things to do of one kind. A block with more than MAX_LINES lines shows the first ones."""

    title: str | Promise
    # The sentence if there is nothing to do.
    empty: str | Promise
    lines: list[Line] = field(default_factory=list)
    # A list with all things to do, if there is one.
    list_url: str = ""

    @property
    def shown_lines(self) -> list[Line]:
        return self.lines[:MAX_LINES]

    @property
    def has_more(self) -> bool:
        return len(self.lines) > MAX_LINES


# Returns the block for a user, or None if the user may not do this work.
MakeBlock: TypeAlias = Callable[[User | AnonymousUser], Block | None]

registered: list[MakeBlock] = []


def register_block(make_block: MakeBlock) -> None:
    """Show a block on the index page, below those that were registered before."""
    registered.append(make_block)


def blocks_for(user: User | AnonymousUser) -> list[Block]:
    return [block for make_block in registered if (block := make_block(user))]


def moment(time: datetime) -> str:
    """Return a time for the note of a line."""
    return date_format(timezone.localtime(time), "SHORT_DATETIME_FORMAT")
