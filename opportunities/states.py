"""The state of an opportunity at a given time, as a database expression and as a function."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from opportunities.models import Opportunity

# The time before the deadline in which an opportunity closes soon.
CLOSES_SOON = timedelta(days=14)


class NoDeadline(models.TextChoices):
    """The state of an opportunity that has no closing date."""

    ONGOING = "ongoing", _("open at any time")
    ASK = "ask", _("not known: ask the contact")
    CLOSED = "closed", _("closed")


class State(models.TextChoices):
    OPEN = "open", _("open")
    CLOSING = "closing", _("closes within 14 days")
    ONGOING = "ongoing", _("open at any time")
    UPCOMING = "upcoming", _("opens later")
    ASK = "ask", _("no fixed deadline")
    CLOSED = "closed", _("closed")


# The states in which people can apply.
OPEN_STATES = (State.OPEN, State.CLOSING, State.ONGOING)


class Group(models.TextChoices):
    """States that a list shows under one heading, in this order."""

    OPEN = "open", _("Open for applications")
    UPCOMING = "upcoming", _("Open later")
    ASK = "ask", _("No fixed deadline")
    CLOSED = "closed", _("Closed")


GROUPS = {
    State.OPEN: Group.OPEN,
    State.CLOSING: Group.OPEN,
    State.ONGOING: Group.OPEN,
    State.UPCOMING: Group.UPCOMING,
    State.ASK: Group.ASK,
    State.CLOSED: Group.CLOSED,
}
# The order of a list: by deadline first, then what is open at any time.
RANKS = {
    State.OPEN: 0,
    State.CLOSING: 0,
    State.ONGOING: 1,
    State.UPCOMING: 2,
    State.ASK: 3,
    State.CLOSED: 4,
}


def state_of(opportunity: "Opportunity", now: datetime) -> State:
    """Return the state of an opportunity at `now`. `state_expression` computes the same."""
    opens_at, closes_at = opportunity.opens_at, opportunity.closes_at
    if closes_at is None and opportunity.no_deadline == NoDeadline.CLOSED:
        return State.CLOSED
    if closes_at is not None and closes_at <= now:
        return State.CLOSED
    if opens_at is not None and opens_at > now:
        return State.UPCOMING
    if closes_at is not None:
        return State.CLOSING if closes_at <= now + CLOSES_SOON else State.OPEN
    return State.ONGOING if opportunity.no_deadline == NoDeadline.ONGOING else State.ASK


def state_expression(now: datetime) -> Case:
    """Return the expression of the state at `now`. `state_of` computes the same."""
    return Case(
        When(Q(closes_at=None, no_deadline=NoDeadline.CLOSED), then=Value(State.CLOSED.value)),
        When(closes_at__lte=now, then=Value(State.CLOSED.value)),
        When(opens_at__gt=now, then=Value(State.UPCOMING.value)),
        When(closes_at__lte=now + CLOSES_SOON, then=Value(State.CLOSING.value)),
        When(closes_at__isnull=False, then=Value(State.OPEN.value)),
        When(no_deadline=NoDeadline.ONGOING, then=Value(State.ONGOING.value)),
        default=Value(State.ASK.value),
        output_field=models.CharField(),
    )
