"""The deadline of an opportunity for calendar programs."""

from typing import Any

from django.utils.translation import gettext

from opendata.calendars import Entry, permanent_uid
from opportunities.models import Opportunity


def deadline_entry(opportunity: Opportunity, publisher: Any, url: str) -> Entry:
    """Return the entry for a deadline: its moment, or its whole day if no time is given.

    `publisher` is the alliance.
    """
    return Entry(
        uid=permanent_uid(publisher, opportunity),
        summary=gettext("Deadline: %(title)s") % {"title": opportunity.title},
        start=opportunity.closes_at if opportunity.closes_at_time else opportunity.closes_on,  # type: ignore[arg-type]
        end=None,
        updated_at=opportunity.updated_at,
        url=url,
        description=opportunity.summary,
        is_deadline=True,
    )
