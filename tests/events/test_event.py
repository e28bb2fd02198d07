"""When an event starts and ends, what its dates say, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from events.models import Event
from tests.events.factories import make_event

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"
LODZ = {"starts_on": date(2023, 12, 4), "time_zone": "Europe/Warsaw"}


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({}, "2023-12-03T23:00", "2023-12-04T23:00"),
        ({"starts_at_time": time(9, 30)}, "2023-12-04T08:30", "2023-12-04T23:00"),
        ({"starts_at_time": time(9, 30), "ends_at_time": time(16)}, "2023-12-04T08:30", "2023-12-04T15:00"),
        (
            {"starts_at_time": time(22), "ends_on": date(2023, 12, 5), "ends_at_time": time(2)},
            "2023-12-04T21:00",
            "2023-12-05T01:00",
        ),
        ({"ends_on": date(2023, 12, 6)}, "2023-12-03T23:00", "2023-12-06T23:00"),
        ({"precision": "month"}, "2023-11-30T23:00", "2023-12-31T23:00"),
        ({"precision": "month", "ends_on": date(2024, 2, 1)}, "2023-11-30T23:00", "2024-02-29T23:00"),
        ({"time_zone": "Europe/Istanbul"}, "2023-12-03T21:00", "2023-12-04T21:00"),
    ],
)
def test_an_event_starts_and_ends_at_moments_in_its_time_zone(fields, start, end):
    event = make_event(**LODZ | fields)
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end)]
    assert [event.starts_at, event.ends_at] == moments
    stored = Event.objects.get(pk=event.pk)
    assert [stored.starts_at, stored.ends_at] == moments


def test_an_event_is_upcoming_until_the_moment_at_which_it_ends():
    event = make_event()
    tick = timedelta(microseconds=1)
    assert event in Event.objects.upcoming(event.ends_at - tick) and event not in Event.objects.past(
        event.ends_at - tick
    )
    assert event in Event.objects.past(event.ends_at) and event not in Event.objects.upcoming(event.ends_at)
    assert not event.is_past
    event.ends_at = timezone.now()
    assert event.is_past


@pytest.mark.parametrize(
    ("fields", "date_in_words", "time_in_words"),
    [
        ({}, "4 December 2023", ""),
        ({"starts_at_time": time(9, 30)}, "4 December 2023", "09:30 CET"),
        ({"starts_at_time": time(9, 30), "ends_at_time": time(16)}, "4 December 2023", "09:30–16:00 CET"),
        ({"ends_on": date(2023, 12, 5), "starts_at_time": time(9, 30)}, "4–5 December 2023", ""),
        ({"precision": "month"}, "December 2023", ""),
    ],
)
def test_the_date_and_time_in_words(fields, date_in_words, time_in_words):
    event = make_event(**LODZ | fields)
    assert event.date_in_words == date_in_words
    assert event.time_in_words.replace(NBSP, " ") == time_in_words


def test_an_event_of_several_days_has_its_times_beside_the_days():
    event = make_event(**LODZ, ends_on=date(2023, 12, 5), starts_at_time=time(9, 30), ends_at_time=time(16))
    assert event.start_in_words.replace(NBSP, " ") == "4 December 2023, 09:30 CET"
    with translation.override("pl"):
        assert event.end_in_words.replace(NBSP, " ") == "5 grudnia 2023, 16:00 CET"
    assert (event.datetime_attribute, event.end_attribute) == ("2023-12-04T09:30+01:00", "2023-12-05T16:00+01:00")


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, "2023-12-04"),
        ({"ends_on": date(2023, 12, 6)}, "2023-12-06"),
        ({"starts_at_time": time(9, 30)}, None),
        ({"starts_at_time": time(9, 30), "ends_on": date(2023, 12, 4)}, None),
        ({"starts_at_time": time(9, 30), "ends_at_time": time(16)}, "2023-12-04T16:00+01:00"),
        ({"starts_at_time": time(9, 30), "ends_on": date(2023, 12, 5)}, "2023-12-05"),
        ({"precision": "month"}, "2023-12"),
    ],
)
def test_structured_data_has_no_end_before_the_start(fields, end):
    make_event("talk", **LODZ | fields)
    data = Event.objects.with_audiences().get(key="talk").structured_data()
    assert data["endDate"] == end


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ends_on": date(2023, 12, 3)}, "The last day is before the first day."),
        ({"starts_at_time": time(9), "ends_at_time": time(9)}, "If it ends after midnight, enter the last day."),
        ({"ends_at_time": time(9)}, "or the start is missing"),
        ({"precision": "month", "starts_at_time": time(9)}, "Only the month is known"),
        ({"time_zone": "Europe/Lodz"}, "“Europe/Lodz” is not a time zone."),
        ({"latitude": 51}, "Enter latitude and longitude, or neither."),
        ({"starts_on": date(2026, 3, 29), "starts_at_time": time(2, 30)}, "the clock jumps from 02:00 to 03:00"),
        (
            {"starts_on": date(2026, 10, 24), "starts_at_time": time(9)}
            | {"ends_on": date(2026, 10, 25), "ends_at_time": time(3, 30), "time_zone": "Europe/Helsinki"},
            "the clock goes back from 04:00 to 03:00",
        ),
    ],
)
def test_a_form_explains_impossible_dates_and_places(fields, message):
    event = Event(key="x", title_en="X", summary_en="X", **LODZ | fields)
    with pytest.raises(ValidationError) as error:
        event.full_clean(exclude=["starts_at", "ends_at"])
    assert any(message in text for text in error.value.messages)


def test_saving_some_fields_saves_what_follows_from_them():
    event = make_event(**LODZ)
    event.starts_on = date(2024, 1, 1)
    event.save(update_fields=["starts_on"])
    assert Event.objects.get(pk=event.pk).starts_at == datetime(2023, 12, 31, 23, tzinfo=UTC)


def test_related_events_are_those_that_share_most_topics():
    first = make_event("first", topics=["cities", "culture"])
    one = make_event("one", topics=["culture", "funding"])
    both = make_event("both", topics=["cities", "culture"], starts_on=date(1990, 1, 1))
    hidden = make_event("hidden", topics=["cities", "culture"], is_published=False)
    related = Event.objects.published().for_list().related_to(first)
    assert related[0] == both and one in related and len(related) == 6
    assert first not in related and hidden not in related
