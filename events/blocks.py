"""Events on the home page and on the page of a university."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from events.models import Event
from pages.blocks import Block
from pages.cached import has_section
from partners.models import PartnerUniversity

MAX_ON_HOME, MAX_REPORTS_ON_HOME = 3, 2
MAX_OF_PARTNER = 3


def first_end(events: Iterable[Event]) -> datetime | None:
    return min((event.ends_at for event in events), default=None)


def home_block(request: HttpRequest, alliance: Any) -> Block | None:
    """The next events, or the latest past ones with a report."""
    if not has_section(request, "events"):
        return None
    events = Event.objects.published().for_list()
    upcoming = list(events.upcoming()[:MAX_ON_HOME])
    shown = upcoming or list(events.past().with_report()[:MAX_REPORTS_ON_HOME])
    if not shown:
        return None
    context = {"events": shown, "are_announced": bool(upcoming)}
    return Block("events/block.html", context, first_end(upcoming))


def partner_block(request: HttpRequest, partner: PartnerUniversity) -> Block | None:
    """Events that the university hosts or that concern it: the next ones, then the latest past ones."""
    if not has_section(request, "events"):
        return None
    events = Event.objects.published().for_list().at_or_with(partner)
    upcoming = list(events.upcoming()[:MAX_OF_PARTNER])
    past = list(events.past()[: MAX_OF_PARTNER - len(upcoming)]) if len(upcoming) < MAX_OF_PARTNER else []
    if not upcoming and not past:
        return None
    context = {"events": [*upcoming, *past], "partner": partner}
    return Block("events/block.html", context, first_end(upcoming))
