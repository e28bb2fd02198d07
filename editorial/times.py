"""Time zones, local times that the clock skips or repeats, and the form field for a moment in the zone of the site."""

from datetime import datetime, timedelta, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import DateTimeField, DateTimeInput
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

MINUTE = timedelta(minutes=1)
# Mean length of a calendar month.
MONTH = timedelta(days=365.2425 / 12)


def site_time_zone() -> str:
    """Return the time zone of the site, the default of new items."""
    return settings.TIME_ZONE


@cache
def time_zones() -> set[str]:
    """Return the names of the time zones, which Python reads from many files."""
    return available_timezones()


def validate_time_zone(name: str) -> None:
    """Raise ValidationError if `name` is not the IANA name of a time zone."""
    if name not in time_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Enter a name such as Europe/Warsaw or Europe/Istanbul."),
            code="unknown_time_zone",
            params={"name": name},
        )


def validate_local_time(local: datetime, zone: str) -> None:
    """Raise ValidationError if `local` is not one moment of the time zone, because the clock skips or repeats it."""
    if is_changed_by_clock(local, ZoneInfo(zone)):
        raise ValidationError(clock_change_message(local, ZoneInfo(zone)), code="ambiguous_timezone")


class SiteTimeField(DateTimeField):
    """Date and time in the time zone of the site. A time that the clock skips or repeats gets an explanation."""

    widget = DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone" or not error.params:
                raise
            raise ValidationError(clock_change_message(error.params["datetime"]), code=error.code) from error


def clock_change_message(local: datetime, zone: tzinfo | None = None) -> str:
    """Explain why `local`, a time without a time zone, is not one moment of `zone`, by default that of the site."""
    zone = zone or timezone.get_current_timezone()
    first = local.replace(second=0, microsecond=0)
    last = first
    while is_changed_by_clock(first - MINUTE, zone):
        first -= MINUTE
    while is_changed_by_clock(last, zone):
        last += MINUTE
    words = {
        "date": date_format(local, "DATE_FORMAT"),
        "time": time_format(local.time(), "H:i"),
        "first": time_format(first.time(), "H:i"),
        "last": time_format(last.time(), "H:i"),
    }
    if is_skipped(local, zone):
        return (
            _(
                "%(time)s does not exist on %(date)s: summer time begins, and the clock jumps from %(first)s to "
                "%(last)s. Choose a time before %(first)s, or %(last)s or later."
            )
            % words
        )
    return (
        _(
            "%(time)s comes twice on %(date)s: summer time ends, and the clock goes back from %(last)s to %(first)s. "
            "Choose a time before %(first)s, or %(last)s or later."
        )
        % words
    )


def offsets(local: datetime, zone: tzinfo) -> tuple[Any, Any]:
    """Return the two offsets from UTC that `local` could have."""
    return local.replace(tzinfo=zone, fold=0).utcoffset(), local.replace(tzinfo=zone, fold=1).utcoffset()


def is_changed_by_clock(local: datetime, zone: tzinfo) -> bool:
    """Whether the clock in `zone` skips or repeats the local time."""
    earlier, later = offsets(local, zone)
    return earlier != later


def is_skipped(local: datetime, zone: tzinfo) -> bool:
    earlier, later = offsets(local, zone)
    return earlier < later
