"""Events on the home page and on the page of a university."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from events.models import Event
from pages.blocks import MAX_ITEMS, Block
from pages.cached import has_section
from partners.models import PartnerUniversity


def first_end(events: Iterable[Event]) -> datetime | None:
    return min((event.ends_at for event in events), default=None)


def home_block(request: HttpRequest, alliance: Any) -> Block | None:
    """The next events, or the latest past ones with a report."""
    if not has_section(request, "events"):
        return None
    events = Event.objects.published().for_list()
    upcoming = list(events.upcoming()[:MAX_ITEMS])
    shown = upcoming or list(events.past().with_report()[:MAX_ITEMS])
    if not shown:
        return None
    context = {"events": shown, "are_announced": bool(upcoming)}
    return Block("events/block.html", context, first_end(upcoming))


def partner_block(request: HttpRequest, partner: PartnerUniversity) -> Block | None:
    """Events that the university hosts or that concern it: the next ones, then the latest past ones."""
    if not has_section(request, "events"):
        return None
    events = Event.objects.published().for_list().at_or_with(partner)
    upcoming = list(events.upcoming()[:MAX_ITEMS])
    past = list(events.past()[: MAX_ITEMS - len(upcoming)]) if len(upcoming) < MAX_ITEMS else []
    if not upcoming and not past:
        return None
    context = {"events": [*upcoming, *past], "partner": partner}
    return Block("events/block.html", context, first_end(upcoming))
