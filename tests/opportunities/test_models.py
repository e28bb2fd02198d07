"""What editors enter, and what is computed from it."""

import json
import re
from datetime import date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from opportunities.models import Opportunity
from tests.opportunities.factories import make_opportunity
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("section")]


def test_the_moments_are_computed_from_the_local_dates_whenever_it_is_saved():
    opportunity = make_opportunity(opens_on="2026-03-01", closes_on="2026-03-31", time_zone="Europe/Istanbul")
    opportunity.refresh_from_db()
    assert opportunity.opens_at == datetime.fromisoformat("2026-03-01T00:00+03:00")
    assert opportunity.closes_at == datetime.fromisoformat("2026-04-01T00:00+03:00")
    opportunity.closes_on, opportunity.closes_at_time = date(2026, 4, 30), time(23, 59)
    opportunity.save(update_fields=["closes_on", "closes_at_time"])
    opportunity.refresh_from_db()
    assert opportunity.closes_at == datetime.fromisoformat("2026-04-30T23:59+03:00")
    opportunity.opens_on = opportunity.closes_on = opportunity.closes_at_time = None
    opportunity.save()
    opportunity.refresh_from_db()
    assert (opportunity.opens_at, opportunity.closes_at) == (None, None)


@pytest.mark.parametrize(
    ("fields", "field", "remedy"),
    [
        ({"opens_on": "2026-03-02", "closes_on": "2026-03-01"}, "closes_on", "Check both dates."),
        ({"starts_on": "2026-03-02", "ends_on": "2026-03-01"}, "ends_on", "Check both dates."),
        ({"closes_at_time": "17:00"}, "closes_on", "Enter the date, or delete the time."),
        (
            {"time_zone": "Europe/Lodz", "closes_on": "2026-03-29", "closes_at_time": "02:30"},
            "time_zone",
            "such as Europe/Warsaw",
        ),
        (
            {"closes_on": "2026-03-29", "closes_at_time": "02:30"},
            "closes_at_time",
            "the clock jumps from 02:00 to 03:00",
        ),
        # In the time zone of the opportunity, not of the site.
        (
            {"closes_on": "2026-10-25", "closes_at_time": "03:30", "time_zone": "Europe/Helsinki"},
            "closes_at_time",
            "comes twice on 25 October 2026",
        ),
        ({"closes_on": "0206-03-01"}, "closes_on", "Check it."),
        ({"closes_on": "9999-12-31"}, "closes_on", "Check it."),
        ({"teaching_language": "English"}, "teaching_language", "such as pl, nl or eu"),
    ],
)
def test_an_error_is_at_its_field_and_names_the_remedy(fields, field, remedy):
    with pytest.raises(ValidationError) as error:
        make_opportunity(**fields)
    assert list(error.value.message_dict) == [field]
    assert remedy in " ".join(error.value.message_dict[field])


def test_dates_are_written_as_precisely_as_they_are_known():
    opportunity = make_opportunity(
        opens_on="2026-01-15",
        closes_on="2026-03-16",
        closes_at_time="23:59",
        starts_on="2026-09-30",
        ends_on="2026-10-02",
    )
    opportunity.refresh_from_db()
    assert opportunity.closes_in_words == "16 March 2026, 23:59\N{NO-BREAK SPACE}CET"
    assert opportunity.programme_in_words == "30 September 2026 – 2 October 2026"
    assert (opportunity.opens_in_words, opportunity.month_of_opening) == ("15 January 2026", "January 2026")
    assert datetime.fromisoformat(opportunity.closes_attribute) == opportunity.closes_at
    opportunity.opens_precision, opportunity.closes_at_time = "year", None
    assert (opportunity.opens_in_words, opportunity.month_of_opening) == ("2026", "2026")
    assert opportunity.opens_attribute == "2026"
    assert (opportunity.closes_in_words, opportunity.closes_attribute) == ("16 March 2026", "2026-03-16")
    with translation.override("de"):
        assert opportunity.closes_in_words == "16. März 2026"


def test_similar_ones_share_the_kind_or_topics_and_those_not_closed_come_first(at):
    now = at("2026-03-10T12:00:00+01:00")
    first, second, third = Topic.objects.all()[:3]
    one = make_opportunity(kind="award", topics=[first, second])
    closed = make_opportunity(kind="award", topics=[first, second], closes_on="2026-01-01")
    topic = make_opportunity(kind="study", topics=[first])
    both = make_opportunity(kind="study", topics=[first, second, third])
    kind = make_opportunity(kind="award", topics=[first])
    make_opportunity(kind="study", topics=[third])
    assert list(Opportunity.objects.similar_to(one, now)) == [kind, both, topic, closed]


# The planner of PostgreSQL reads few rows from the table.
@pytest.mark.once
def test_states_are_counted_from_an_index_without_the_texts():
    with CaptureQueriesContext(connection) as queries:
        Opportunity.objects.published().outlook(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries.captured_queries[0]['sql']}")
        assert "USING COVERING INDEX opportunity_state" in cursor.fetchone()[3]


def structured_data(client, item) -> dict:
    """The data of the opportunity on its page, which is the last."""
    html = client.get(item.get_absolute_url()).content.decode()
    return json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)[-1])


@pytest.mark.parametrize(
    ("kind", "data_type"),
    [
        ("summer-school", "EducationalOccupationalProgram"),
        ("internship", "WorkBasedProgram"),
        ("grant", "Grant"),
        ("call-for-papers", "Offer"),
    ],
)
def test_structured_data_has_the_type_that_fits_the_kind(client, kind, data_type):
    data = structured_data(client, make_opportunity(kind=kind, closes_on="2026-03-16"))
    assert data["@type"] == data_type
    assert "startDate" not in data and "validFrom" not in data
    if data_type == "EducationalOccupationalProgram":
        assert data["applicationDeadline"] == "2026-03-16"
    if data_type == "Offer":
        assert data["validThrough"] == "2026-03-16T23:00:00Z"


def test_structured_data_of_a_grant_says_when_and_where_to_apply(client, at):
    at("2026-03-10T12:00:00+01:00")
    address = "https://example.org/apply"
    award = make_opportunity(kind="award", opens_on="2026-03-01", closes_on="2026-03-16", apply_url=address)
    assert structured_data(client, award)["potentialAction"] == {
        "@type": "ApplyAction",
        "startTime": "2026-02-28T23:00:00Z",
        "endTime": "2026-03-16T23:00:00Z",
        "target": address,
    }
    closed = make_opportunity(opens_on="2026-01-01", opens_precision="month", no_deadline="closed", apply_url=address)
    assert structured_data(client, closed)["potentialAction"] == {"@type": "ApplyAction"}


def test_structured_data_has_the_local_time_of_the_deadline(client):
    item = make_opportunity(
        kind="internship", closes_on="2026-03-16", closes_at_time="00:30", time_zone="Europe/Helsinki"
    )
    assert structured_data(client, item)["applicationDeadline"] == "2026-03-16T00:30:00+02:00"
