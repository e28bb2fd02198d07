"""Dates as visitors read them, in the language of the page."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    get_date_format,
    get_timezone_gmt,
    get_timezone_name,
)
from django.db import models
from django.utils.translation import gettext_lazy as _

from editorial.texts import page_language_code

# English dates in the European order: 5 February 2020.
DATE_LOCALES = {"en": "en-GB"}


class DatePrecision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def date_locale() -> Locale:
    language = page_language_code()
    return Locale.parse(DATE_LOCALES.get(language, language), sep="-")


def datetime_attribute(day: date, precision: str = DatePrecision.DAY) -> str:
    """Return a date for the `datetime` attribute of HTML: 2020-02-05, 2020-07 or 2021."""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]


def date_in_words(first: date, last: date | None = None, precision: str = DatePrecision.DAY) -> str:
    """Return a date, or a range of days or months, in the format of the active language (CLDR).

    It is as precise as `precision`.
    """
    locale, last = date_locale(), last or first
    if precision == DatePrecision.YEAR:
        return str(first.year)
    if precision == DatePrecision.MONTH:
        if (first.year, first.month) != (last.year, last.month):
            return format_interval(first, last, "yMMMM", locale=locale)
        return format_skeleton("yMMMM", first, locale=locale)
    begin, end = (format_date(day, "long", locale=locale) for day in (first, last))
    # French writes the first of a month as an ordinal number, which the pattern of CLDR lacks.
    if locale.language == "fr":
        begin, end = (re.sub(r"^1 ", "1er ", day) for day in (begin, end))
    if begin == end:
        return begin
    pattern = get_date_format("long", locale).pattern
    if (first.year, first.month) == (last.year, last.month) and pattern.startswith("d"):
        return f"{begin.split()[0]}–{end}"
    return f"{begin} – {end}"


def last_day_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def moment(day: date, clock: time | None, zone: str) -> datetime:
    """Return the moment of a day and a local time in a time zone (IANA name); without a time, the end of the day."""
    if clock is None:
        return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
    return datetime.combine(day, clock, ZoneInfo(zone))


def time_in_words(at: datetime, zone: str) -> str:
    """Return the local time with the name of its time zone, in the format of the active language: 23:59 CET."""
    locale, local = date_locale(), at.astimezone(ZoneInfo(zone))
    return f"{clock_in_words(local.time())}\N{NO-BREAK SPACE}{zone_in_words(local, locale)}"


def clock_in_words(clock: time) -> str:
    return format_time(clock, "short", locale=date_locale())


def zone_in_words(local: datetime, locale: Locale) -> str:
    """Return the abbreviation of the time zone of `local`, or its offset, such as GMT+3, if the language has none."""
    name = get_timezone_name(local, "short", locale=locale)
    # CLDR gives “GMT” for Irish summer time.
    if name.isalpha() and (name != "GMT" or not local.utcoffset()):
        return name
    offset = get_timezone_gmt(local, "long", locale=locale)
    return re.sub(r"[+-]0$", "", re.sub(r"([+-])0(\d)", r"\1\2", offset).removesuffix(":00"))


class Dated(models.Model):
    """Abstract base of content about something that happened on a day, of which only the month or year may be known."""

    Precision = DatePrecision

    # In a subclass, a field with the last day of several.
    until: Any = None
    date = models.DateField(
        _("date"),
        help_text=_("The day on which it happened. Where only the month or year is known, choose its first day."),
    )
    precision = models.CharField(
        _("date precision"),
        max_length=10,
        choices=Precision,
        default=Precision.DAY,
        help_text=_("The part of the date that is known and shown."),
    )

    class Meta:
        abstract = True

    @property
    def datetime_attribute(self) -> str:
        return datetime_attribute(self.date, self.precision)

    @property
    def date_in_words(self) -> str:
        return date_in_words(self.date, self.until, self.precision)
