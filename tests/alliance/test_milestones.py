"""Dates of milestones in the format of each language."""

from datetime import date

import pytest
from django.utils import translation

from alliance.models import Milestone


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "1–3 October 2024"),
        ("pl", "1–3 października 2024"),
        ("nl", "1–3 oktober 2024"),
        ("es", "1–3 de octubre de 2024"),
        ("de", "1.–3. Oktober 2024"),
        ("tr", "1–3 Ekim 2024"),
        ("fr", "1er–3 octobre 2024"),
        ("fi", "1.–3. lokakuuta 2024"),
        ("hr", "1.–3. listopada 2024."),
        ("sv", "1–3 oktober 2024"),
    ],
)
def test_a_range_within_a_month_names_the_month_once(language, written):
    with translation.override(language):
        assert Milestone(date=date(2024, 10, 1), until=date(2024, 10, 3)).date_in_words == written


def test_a_range_over_two_months_names_both():
    with translation.override("fr"):
        days = Milestone(date=date(2024, 9, 30), until=date(2024, 10, 1))
        assert days.date_in_words == "30 septembre 2024 – 1er octobre 2024"
