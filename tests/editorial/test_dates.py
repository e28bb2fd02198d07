"""Dates and local times in words."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from editorial.dates import DatePrecision, date_in_words, moment, time_in_words
from editorial.times import clock_change_message

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "August – September 2025"), ("pl", "sierpień–wrzesień 2025"), ("fi", "elo–syyskuu 2025")],
)
def test_a_range_of_months_names_both(language, written):
    with translation.override(language):
        assert date_in_words(date(2025, 8, 1), date(2025, 9, 1), DatePrecision.MONTH).replace("\u2009", " ") == written
        assert date_in_words(date(2025, 8, 1), date(2025, 8, 31), DatePrecision.MONTH) not in ("", written)


@pytest.mark.parametrize(
    ("language", "zone", "month", "written"),
    [
        ("en", "Europe/Warsaw", 1, "09:30 CET"),
        ("en", "Europe/Warsaw", 6, "09:30 CEST"),
        ("fi", "Europe/Warsaw", 6, "9.30 UTC+2"),
        ("en", "Europe/Istanbul", 6, "09:30 GMT+3"),
        ("en", "Asia/Kolkata", 6, "09:30 GMT+5:30"),
        ("en", "Europe/Dublin", 1, "09:30 GMT"),
        ("en", "Europe/Dublin", 6, "09:30 GMT+1"),
    ],
)
def test_a_time_names_its_zone_or_the_offset(language, zone, month, written):
    with translation.override(language):
        at = moment(date(2025, month, 1), time(9, 30), zone)
        assert time_in_words(at, zone).replace("\N{NO-BREAK SPACE}", " ") == written


def test_the_explanation_of_a_skipped_or_repeated_time_is_that_of_its_zone():
    helsinki = ZoneInfo("Europe/Helsinki")
    assert "jumps from 03:00 to 04:00" in clock_change_message(datetime(2026, 3, 29, 3, 30), helsinki)
    assert "goes back from 04:00 to 03:00" in clock_change_message(datetime(2026, 10, 25, 3, 30), helsinki)
