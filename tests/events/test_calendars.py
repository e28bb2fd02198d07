"""Calendars and feeds of events."""

import json
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from alliance.models import Alliance
from editorial.models import DeletedItem, Revision
from editorial.revisions.restoring import restore_deleted
from events.models import Event
from tests.events.factories import make_event

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def read(client):
    """A function that returns the parsed calendar at a path."""

    def parsed(path: str, **headers: str) -> Calendar:
        response = client.get(path, headers=headers)
        assert response.status_code == 200 and response["Content-Type"] == "text/calendar; charset=utf-8"
        lines = response.content.split(b"\r\n")
        # RFC 5545, section 3.1.
        assert lines[-1] == b"" and all(len(line) <= 75 and b"\n" not in line for line in lines)
        calendar = Calendar.from_ical(response.content)
        check(calendar)
        return calendar

    return parsed


def check(calendar: Calendar) -> None:
    """Check what RFC 5545 requires of a calendar and its entries, sections 3.6 and 3.6.1."""
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"] and not calendar.errors and calendar.subcomponents
    for entry in calendar.walk("VEVENT"):
        assert not entry.errors
        for name in ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "STATUS", "URL"):
            assert not isinstance(entry[name], list)
        start, end = entry["DTSTART"].dt, entry.get("DTEND")
        assert entry["DTSTAMP"].dt.tzinfo
        assert end is None or (type(end.dt) is type(start) and end.dt > start)
    uids = [str(entry["UID"]) for entry in calendar.walk("VEVENT")]
    assert len(set(uids)) == len(uids)


def only(calendar: Calendar):
    (entry,) = calendar.walk("VEVENT")
    return entry


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({}, date(2031, 6, 17), date(2031, 6, 18)),
        ({"ends_on": date(2031, 6, 19)}, date(2031, 6, 17), date(2031, 6, 20)),
        ({"starts_at_time": time(9, 30)}, datetime(2031, 6, 17, 6, 30, tzinfo=UTC), None),
        (
            {"starts_at_time": time(9, 30), "ends_at_time": time(16)},
            datetime(2031, 6, 17, 6, 30, tzinfo=UTC),
            datetime(2031, 6, 17, 13, tzinfo=UTC),
        ),
        (
            {"starts_at_time": time(9, 30), "ends_on": date(2031, 6, 18)},
            datetime(2031, 6, 17, 6, 30, tzinfo=UTC),
            datetime(2031, 6, 18, 21, tzinfo=UTC),
        ),
    ],
)
def test_the_calendar_file_of_an_event(read, fields, start, end):
    event = make_event(
        "talk",
        starts_on=date(2031, 6, 17),
        time_zone="Europe/Istanbul",
        summary_en="Ż; and, a very long line" * 10,
        latitude="41.2",
        longitude="29.07",
        **fields,
    )
    entry = only(read("/en/events/the-talk/event.ics"))
    assert (entry["DTSTART"].dt, entry["DTEND"].dt if "DTEND" in entry else None) == (start, end)
    assert (entry["SUMMARY"], entry["LOCATION"], entry["DESCRIPTION"]) == (event.title, event.place, event.summary)
    assert entry["STATUS"] == "CONFIRMED"
    assert (entry["GEO"].latitude, entry["GEO"].longitude) == (41.2, 29.07)
    assert entry["URL"] == "http://testserver/en/events/the-talk/"


def test_calendar_programs_update_their_copy_of_an_event_after_each_change(read, at):
    at("2031-05-01T12:00:00+02:00")
    event = make_event("talk", starts_on=date(2031, 6, 17))
    first = only(read("/en/events/the-talk/event.ics"))
    at("2031-05-01T12:01:00+02:00")
    event.starts_on += timedelta(days=1)
    event.save()
    moved = only(read("/en/events/the-talk/event.ics"))
    at("2031-05-01T12:02:00+02:00")
    with Revision.objects.recorded():
        event.delete()
    at("2031-05-01T12:03:00+02:00")
    restored, _obstacles = restore_deleted(DeletedItem.objects.get(), "")
    restored.is_published = True
    restored.save()
    back = only(read("/en/events/the-talk/event.ics"))
    at("2031-05-01T12:04:00+02:00")
    restored.is_cancelled = True
    restored.save()
    cancelled = only(read("/en/events/the-talk/event.ics"))
    entries = (first, moved, back, cancelled)
    assert len({entry["UID"] for entry in entries}) == 1
    versions = [entry["SEQUENCE"] for entry in entries]
    # RFC 5545, sections 3.8.7.4 and 3.3.8.
    assert versions == sorted(set(versions)) and versions[-1] < 2**31
    assert [entry["STATUS"] for entry in entries] == ["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [entry["DTSTART"].dt for entry in entries] == [date(2031, 6, 17), *[date(2031, 6, 18)] * 3]


def test_the_uid_stays_in_another_language_address_or_domain_and_differs_between_hosts(read, settings):
    settings.ALLOWED_HOSTS = ["testserver", "new.example.org"]
    event = make_event("talk")
    uid = only(read("/en/events/the-talk/event.ics"))["UID"]
    event.slug_en = "speech"
    event.save()
    assert only(read("/pl/wydarzenia/speech/event.ics", host="new.example.org"))["UID"] == uid
    alliance = Alliance.objects.get()
    alliance.host = type(alliance.host).objects.get(key="university-of-oulu")
    alliance.save()
    assert only(read("/en/events/speech/event.ics"))["UID"] != uid


def test_the_calendar_has_the_events_of_its_filter_whose_days_are_known(read):
    make_event("talk", topics=["culture"], format="online")
    make_event("summer", topics=["culture"], starts_on=date(2031, 8, 1), precision="month")
    names = {str(entry["SUMMARY"]) for entry in read("/en/events/calendar.ics").walk("VEVENT")}
    assert len(names) == Event.objects.filter(precision="day").count() and "The talk" in names
    entry = only(read("/en/events/calendar.ics?topic=culture&format=online"))
    assert (entry["SUMMARY"], entry["LOCATION"]) == ("The talk", "Oulu, City Hall")
    assert read("/en/events/calendar.ics")["X-WR-CALNAME"] == "Events – UNIC"


def test_an_event_of_a_month_has_no_calendar_file(client):
    make_event("summer", precision="month")
    assert client.get("/en/events/the-summer/event.ics").status_code == 404


def test_an_empty_calendar_is_valid(read):
    Event.objects.update(is_published=False)
    assert read("/en/events/calendar.ics").walk("VEVENT") == []


def test_the_feeds_have_the_events_of_their_filter_the_latest_first(client):
    talk = make_event("talk", starts_on=date(2031, 8, 1), topics=["citylabs"], report_en="<p>Done.</p>")
    response = client.get("/en/events/feed.xml?topic=citylabs")
    atom = ElementTree.fromstring(response.content)
    found = [entry.text for entry in atom.findall(f"{ATOM}entry/{ATOM}title")]
    assert found[0] == "1 August 2031: The talk"
    assert len(found) == Event.objects.filter(topics__key="citylabs").count() < Event.objects.count()
    feed = json.loads(client.get("/en/events/feed.json?topic=citylabs").content)
    assert [item["title"] for item in feed["items"]] == found
    assert feed["home_page_url"] == "http://testserver/en/events/?topic=citylabs"
    first = feed["items"][0]
    assert first["url"] == "http://testserver/en/events/the-talk/" and first["tags"] == ["CityLabs"]
    assert first["content_html"].startswith("<p>Oulu, City Hall</p><p>What the talk is about.</p>")
    # As on its page, there is no report before the event has ended.
    assert "Done." not in first["content_html"]
    assert parsedate_to_datetime(response["Expires"]) == talk.ends_at
    ids = [item["id"] for item in feed["items"]]
    assert len(set(ids)) == len(ids) and feed["items"][-1]["content_html"].count("<p>") > 2
