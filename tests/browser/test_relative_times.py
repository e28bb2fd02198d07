"""The script that adds to a date how far away it is."""

from pathlib import Path

import pytest
from django.conf import settings

NOW = "2026-03-13T12:00:00+01:00"
# Value of `datetime` → what the script adds on English and on Finnish pages; nothing to what has passed.
TIMES = {
    "2026-03-13T11:59:59+01:00": ("", ""),
    "2026-03-13T12:09:30+01:00": ("(in 10 minutes)", "(10 minuutin päästä)"),
    "2026-03-13T14:30:00+01:00": ("(in 2 hours)", "(2 tunnin päästä)"),
    # Days of the calendar, not periods of 24 hours.
    "2026-03-14T00:30:00+01:00": ("(tomorrow)", "(huomenna)"),
    "2026-03-16T22:59:00+00:00": ("(in 3 days)", "(3 päivän päästä)"),
    "2026-06-10T10:00:00+00:00": ("(in 3 months)", "(3 kuukauden päästä)"),
    # A whole day has not passed until it ends.
    "2026-03-12": ("", ""),
    "2026-03-13": ("(today)", "(tänään)"),
    "2026-03-16": ("(in 3 days)", "(3 päivän päästä)"),
}


@pytest.mark.parametrize(("language", "column"), [("en", 0), ("fi", 1)])
def test_a_date_to_come_says_how_far_away_it_is_in_the_language_of_the_page(chromium, language, column):
    context = chromium.new_context(timezone_id="Europe/Warsaw")
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    marked = "".join(f'<p><time datetime="{value}" data-relative>x</time></p>' for value in TIMES)
    page.set_content(f'<!doctype html><html lang="{language}">{marked}<p><time datetime="2026-03-16">x</time></p>')
    page.add_script_tag(content=Path(settings.BASE_DIR, "static/js/relative-times.js").read_text(), type="module")
    shown = [text.removeprefix("x").strip() for text in page.locator("p").all_text_contents()]
    context.close()
    assert shown == [*(texts[column] for texts in TIMES.values()), ""]
