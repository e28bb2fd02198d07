"""The state of an opportunity, computed from its dates."""

from datetime import datetime, time

import pytest

from opportunities.models import Opportunity
from opportunities.states import State, state_of
from tests.opportunities.factories import make_opportunity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("section")]

DATES = {"opens_on": "2026-03-01", "closes_on": "2026-03-31", "time_zone": "Europe/Warsaw"}
# Fields, moment, and state then. Summer time began on 29 March.
CASES = [
    (DATES, "2026-02-28T23:59:59+01:00", State.UPCOMING),
    (DATES, "2026-03-01T00:00:00+01:00", State.OPEN),
    # 14 days before the deadline in seconds, which is an hour earlier on the clock.
    (DATES, "2026-03-17T22:59:59+01:00", State.OPEN),
    (DATES, "2026-03-17T23:00:00+01:00", State.CLOSING),
    (DATES, "2026-03-31T23:59:59+02:00", State.CLOSING),
    (DATES, "2026-04-01T00:00:00+02:00", State.CLOSED),
    # The zone and the time of the deadline count.
    (DATES | {"time_zone": "Europe/Helsinki"}, "2026-03-31T23:00:00+02:00", State.CLOSED),
    (DATES | {"closes_at_time": "17:00"}, "2026-03-31T16:59:59+02:00", State.CLOSING),
    (DATES | {"closes_at_time": "17:00"}, "2026-03-31T17:00:00+02:00", State.CLOSED),
    # What is known without a closing date counts only without one.
    (DATES | {"no_deadline": "closed"}, "2026-03-02T00:00:00+01:00", State.OPEN),
    (DATES | {"no_deadline": "ongoing"}, "2026-05-02T00:00:00+01:00", State.CLOSED),
    ({"no_deadline": "ongoing"}, "2026-03-02T00:00:00+01:00", State.ONGOING),
    ({"no_deadline": "ask"}, "2026-03-02T00:00:00+01:00", State.ASK),
    ({"no_deadline": "closed"}, "2026-03-02T00:00:00+01:00", State.CLOSED),
    ({"no_deadline": "closed", "opens_on": "2026-03-01"}, "2026-02-02T00:00:00+01:00", State.CLOSED),
    ({"no_deadline": "ongoing", "opens_on": "2026-03-01"}, "2026-02-28T23:59:59+01:00", State.UPCOMING),
    ({"no_deadline": "ongoing", "opens_on": "2026-03-01"}, "2026-03-01T00:00:00+01:00", State.ONGOING),
    ({"closes_on": "2026-03-31"}, "2020-01-01T00:00:00+01:00", State.OPEN),
]


@pytest.mark.nightly
@pytest.mark.parametrize(("fields", "moment", "state"), CASES)
def test_the_database_and_the_property_agree_on_the_state(fields, moment, state, at):
    now = at(moment)
    opportunity = make_opportunity(**fields)
    assert state_of(opportunity, now) == Opportunity.objects.get().state == state
    found = {other for other in State if Opportunity.objects.in_state(now, other).exists()}
    assert found == {state}
    assert Opportunity.objects.with_state(now).get().state == state


def test_open_ones_come_first_by_deadline_and_closed_ones_last_by_age(at):
    now = at("2026-03-10T12:00:00+01:00")
    expected = [
        {"title_en": "closes soon", "closes_on": "2026-03-12"},
        {"title_en": "closes later", "closes_on": "2026-05-12"},
        {"title_en": "any time", "no_deadline": "ongoing"},
        {"title_en": "opens soon", "opens_on": "2026-04-01", "closes_on": "2026-04-30"},
        {"title_en": "opens later", "opens_on": "2026-04-02", "closes_on": "2026-04-20"},
        {"title_en": "ask"},
        {"title_en": "closed lately", "closes_on": "2026-02-01"},
        {"title_en": "opened lately", "opens_on": "2026-01-01", "no_deadline": "closed"},
        {"title_en": "closed long ago", "closes_on": "2025-02-01"},
        {"title_en": "closed, nobody knows when", "no_deadline": "closed"},
    ]
    # The last one in the list is the oldest, so that the order does not come from the age.
    for fields in reversed(expected):
        make_opportunity(**fields)
    listed = [item.title for item in Opportunity.objects.in_order(now)]
    assert listed == [fields["title_en"] for fields in expected]


def test_the_outlook_names_the_next_moment_at_which_a_state_changes(at):
    now = at("2026-03-10T12:00:00+01:00")
    opportunities = Opportunity.objects
    assert opportunities.outlook(now) == (0, None)
    make_opportunity(opens_on="2026-01-01", closes_on="2026-02-01")
    make_opportunity(no_deadline="ongoing")
    assert opportunities.outlook(now) == (1, None)
    for fields, moment in (
        ({"closes_on": "2026-03-30"}, "2026-03-17T00:00:00+02:00"),
        ({"opens_on": "2026-03-13", "closes_on": "2026-09-30"}, "2026-03-13T00:00:00+01:00"),
        ({"closes_on": "2026-03-11", "closes_at_time": time(9)}, "2026-03-11T09:00:00+01:00"),
    ):
        make_opportunity(**fields)
        assert opportunities.outlook(now).next_change == datetime.fromisoformat(moment)
    assert opportunities.outlook(now).open == 3
