"""Calendar files (RFC 5545) of events and deadlines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid5

from django.http import HttpResponse
from icalendar import Alarm, Calendar, Event, Timezone, vText

from editorial.clean_text import normalised, xml_text
from editorial.models import Content
from opendata.feeds import NAMESPACE

# How long before a deadline calendar programs remind people of it.
REMINDER = timedelta(days=3)
# The software, not the alliance (RFC 5545, section 3.7.3).
PRODUCT = "-//University alliance website//Calendar//EN"


@dataclass(frozen=True)
class Entry:
    """Entry of a calendar. With dates, it takes whole days, the last of which is `end`. With datetimes, it has times.

    `uid` never changes. `updated_at` grows with each change, so that calendar programs update their copy.
    """

    uid: str
    summary: str
    start: date | datetime
    end: date | datetime | None
    updated_at: datetime
    url: str
    description: str = ""
    location: str = ""
    # Latitude and longitude in degrees (WGS 84).
    position: tuple[float, float] | None = None
    is_cancelled: bool = False
    is_deadline: bool = False


def permanent_uid(publisher: Any, item: Content) -> str:
    """Return a UID that survives a change of the domain and of addresses. `publisher` is the alliance.

    It is the same in all languages and calendars of a site, so that a calendar program shows an item once.
    """
    return str(uuid5(NAMESPACE, f"{publisher.host.key} {item.content_section} {item.key}"))


def calendar_response(entries: Iterable[Entry], name: str, file_name: str) -> HttpResponse:
    """Return a calendar file. `name` is the name that calendar programs show for it."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar["x-wr-calname"] = vText(text_value(name))
    for entry in entries:
        calendar.add_component(component(entry))
    if not calendar.subcomponents:
        # A calendar has at least one component (RFC 5545, section 3.6).
        calendar.add_component(Timezone.from_tzid("UTC"))
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}.ics"'
    return response


def component(entry: Entry) -> Event:
    """Return the VEVENT of an entry."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", text_value(entry.summary))
    # The time zone of the entry is in its datetimes; in UTC, no program needs its definition.
    event.add("dtstart", in_utc(entry.start))
    if end := exclusive_end(entry):
        event.add("dtend", in_utc(end))
    event.add("dtstamp", entry.updated_at.astimezone(UTC))
    event.add("last-modified", entry.updated_at.astimezone(UTC))
    # Grows with each change, also of a restored item (RFC 5545, section 3.8.7.4). Below 2³¹ until the year 6053.
    event.add("sequence", int(entry.updated_at.timestamp()) // 60)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("url", entry.url)
    if entry.description:
        event.add("description", text_value(entry.description))
    if entry.location:
        event.add("location", text_value(entry.location))
    if entry.position:
        event.add("geo", entry.position)
    if entry.is_deadline:
        # A deadline does not make people busy.
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", text_value(entry.summary))
        alarm.add("trigger", -REMINDER)
        event.add_component(alarm)
    return event


def text_value(text: str) -> str:
    """Return `text` without the control characters that no value can contain (RFC 5545, section 3.1)."""
    return xml_text(normalised(text))


def in_utc(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def exclusive_end(entry: Entry) -> date | datetime | None:
    """Return the end as RFC 5545 writes it: for whole days, the day after the last one."""
    if isinstance(entry.end, datetime):
        return entry.end
    if isinstance(entry.start, datetime):
        return None
    return (entry.end or entry.start) + timedelta(days=1)
