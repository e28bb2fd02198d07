"""Events of the alliance."""

from datetime import date, datetime, time
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from consent.models import EmbeddedContent
from editorial.dates import (
    DatePrecision,
    clock_in_words,
    date_in_words,
    datetime_attribute,
    last_day_of_month,
    moment,
    time_in_words,
)
from editorial.fields import RichTextField
from editorial.models.content import is_filled
from editorial.times import site_time_zone, time_zones, validate_local_time, validate_time_zone
from opendata.calendars import Entry, permanent_uid
from partners.models import PartnerUniversity, long_texts_of
from topics.models import AttendanceFormat, Audience, AudienceContentQuerySet, SourcedContent


class EventPrecision(models.TextChoices):
    DAY = DatePrecision.DAY.value, DatePrecision.DAY.label
    MONTH = DatePrecision.MONTH.value, DatePrecision.MONTH.label


class EventQuerySet(AudienceContentQuerySet):
    def upcoming(self, at: datetime | None = None) -> Self:
        """Events that have not ended, the next one first."""
        return self.filter(ends_at__gt=at or timezone.now()).order_by("starts_at", "pk")

    def past(self, at: datetime | None = None) -> Self:
        """Events that have ended, the latest first."""
        return self.filter(ends_at__lte=at or timezone.now()).order_by("-starts_at", "-pk")

    def matching(self, *, year: int | None = None, **filters: Any) -> Self:
        """Events that start in `year` and match the other filters."""
        queryset = super().matching(**filters)
        return queryset.filter(starts_on__year=year) if year else queryset

    def years(self) -> list[int]:
        """The years in which these events start, the latest first."""
        days = self.order_by().values_list("starts_on", flat=True).distinct()
        return sorted({day.year for day in days}, reverse=True)

    def with_report(self) -> Self:
        return self.filter(is_filled(build_localized_fieldname("report", settings.LANGUAGE_CODE)))

    def of_member(self, partner: PartnerUniversity) -> Self:
        """Events that the university hosts, that concern it, or that concern the whole alliance."""
        return self.filter(host=partner) | super().of_member(partner)

    def at_or_with(self, partner: PartnerUniversity) -> Self:
        """Events that the university hosts or that concern it by name."""
        return self.filter(Q(host=partner) | Q(pk__in=self.filter(members=partner).values("pk")))

    def for_list(self) -> Self:
        """Events with their hosts, without the long texts."""
        return self.with_host().defer("body")

    def with_host(self) -> Self:
        """Events with their hosts, without the long texts of these."""
        return self.select_related("host").defer(*long_texts_of("host"))

    def for_calendar(self) -> Self:
        """Events whose days are known, the latest first."""
        return self.filter(precision=EventPrecision.DAY).order_by("-starts_at", "-pk")

    def next_end(self) -> datetime | None:
        """The moment at which the first of these events ends."""
        return self.order_by().aggregate(end=models.Min("ends_at"))["end"]


EventManager = models.Manager.from_queryset(EventQuerySet)


class Event(SourcedContent):
    """Something that takes place on a day or on several, at a place or online: a conference, a workshop, a visit.

    After it has ended, its page stays with the report.
    """

    content_section = "events"
    body_fields = ("title", "summary", "place", "body", "report")

    Precision = EventPrecision

    # Events are sorted by date.
    order = None  # type: ignore[assignment]
    starts_on = models.DateField(
        _("first day"), help_text=_("If only the month is known, its first day, and “month” as the precision.")
    )
    starts_at_time = models.TimeField(
        _("starts at"), null=True, blank=True, help_text=_("Local time at the place. Leave empty if it is not known.")
    )
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty if it ends on the first day.")
    )
    ends_at_time = models.TimeField(
        _("ends at"), null=True, blank=True, help_text=_("Local time on the last day. Leave empty if it is not known.")
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        default=site_time_zone,
        validators=[validate_time_zone],
        help_text=_(
            "The time zone of the place, such as Europe/Warsaw or Europe/Istanbul. Visitors see it with the times."
        ),
    )
    precision = models.CharField(
        _("precision"),
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text=_("What is known of the date. An event without a day is not in the calendars."),
    )
    place = models.CharField(
        _("place"),
        max_length=200,
        blank=True,
        help_text=_("City and building, such as: Oulu, Linnanmaa campus. Leave empty if it is online only."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Degrees north of the equator (WGS 84), such as 51.76. Calendar programs use it."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Degrees east of Greenwich (WGS 84), such as 19.46; west is negative."),
    )
    map = models.ForeignKey(
        EmbeddedContent,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("map of the place"),
        help_text=_("Embedded content. It loads only for visitors who allow its provider or ask for it."),
    )
    format = models.CharField(
        _("format"),
        max_length=10,
        choices=AttendanceFormat,
        default=AttendanceFormat.ONSITE,
        help_text=_("Whether people take part at the place, online, or as they choose."),
    )
    host = models.ForeignKey(
        PartnerUniversity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("host"),
        help_text=_("The university that holds it."),
    )
    audiences = models.ManyToManyField(
        Audience, blank=True, verbose_name=_("audiences"), help_text=_("Who may come. Choose none if it is not known.")
    )
    report = RichTextField(
        _("report"), blank=True, help_text=_("What happened, with results and numbers. Shown after the event.")
    )
    registration_url = models.URLField(
        _("registration"),
        max_length=500,
        blank=True,
        help_text=_("The address of the form. The button is shown until the event starts."),
    )
    is_cancelled = models.BooleanField(
        _("cancelled"),
        default=False,
        help_text=_("The page says so, and calendar programs that have the event cancel it. Do not delete the event."),
    )
    starts_at = models.DateTimeField(_("start"), editable=False, db_index=True)
    ends_at = models.DateTimeField(_("end"), editable=False, db_index=True)

    # Set by `with_audiences`.
    published_audiences: list[Audience]

    objects: ClassVar[EventManager] = EventManager()

    class Meta(SourcedContent.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-starts_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="event_last_day_not_before_first",
                violation_error_message=_("The last day is before the first day. Check both dates."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at_time__isnull=True)
                | Q(starts_at_time__isnull=False, ends_at_time__gt=F("starts_at_time"))
                | Q(starts_at_time__isnull=False, ends_on__isnull=False, ends_on__gt=F("starts_on")),
                name="event_ends_after_it_starts",
                violation_error_message=_(
                    "The event ends before it starts, or the start is missing. Check both times. If it ends after "
                    "midnight, enter the last day."
                ),
            ),
            models.CheckConstraint(
                condition=Q(precision=EventPrecision.DAY) | Q(starts_at_time__isnull=True, ends_at_time__isnull=True),
                name="event_of_a_month_has_no_times",
                violation_error_message=_("Only the month is known, so leave the times empty, or enter the day."),
            ),
            models.CheckConstraint(
                condition=Q(precision__in=EventPrecision.values),
                name="event_precision_is_known",
                violation_error_message=_("Choose a precision from the list."),
            ),
            models.CheckConstraint(
                condition=Q(format__in=AttendanceFormat.values),
                name="event_format_is_known",
                violation_error_message=_("Choose a format from the list."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="event_coordinates_on_earth",
                violation_error_message=_(
                    "Enter latitude and longitude, or neither. Latitude lies between −90 and 90, longitude between "
                    "−180 and 180."
                ),
            ),
        ]

    def clean(self) -> None:
        super().clean()
        if self.time_zone not in time_zones():
            # The validator of the field reports it.
            return
        errors = {}
        for name, day, clock in (
            ("starts_at_time", self.starts_on, self.starts_at_time),
            ("ends_at_time", self.last_day, self.ends_at_time),
        ):
            try:
                if day and clock:
                    validate_local_time(datetime.combine(day, clock), self.time_zone)
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Compute the start and the end from the other fields, and save the event."""
        self.starts_at, self.ends_at = self.moments()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "starts_at", "ends_at"}
        super().save(*args, **kwargs)

    def moments(self) -> tuple[datetime, datetime]:
        """Return the start and the end. If the time is not known, the event takes the whole day or month."""
        starts_on, last_day = self.starts_on, self.last_day
        if self.precision == self.Precision.MONTH:
            starts_on, last_day = starts_on.replace(day=1), last_day_of_month(last_day)
        start = moment(starts_on, self.starts_at_time or time.min, self.time_zone)
        return start, moment(last_day, self.ends_at_time, self.time_zone)

    def get_absolute_url(self) -> str:
        return reverse("events:detail", args=[self.slug])

    def key_source(self) -> str:
        return f"{self.starts_on.year} {super().key_source()}"

    @property
    def last_day(self) -> date:
        return self.ends_on or self.starts_on

    @property
    def is_past(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def has_day_ahead(self) -> bool:
        """Whether it will take place on a known day. Pages then say how far away it is, and offer its calendar file."""
        return self.has_day and not self.is_cancelled and not self.is_past

    @property
    def has_started(self) -> bool:
        return self.starts_at <= timezone.now()

    @property
    def is_open_for_registration(self) -> bool:
        return bool(self.registration_url) and not self.is_cancelled and not self.has_started

    @property
    def has_report(self) -> bool:
        """Whether visitors see a report: one that was written before the event ended is not shown yet."""
        return self.is_past and bool(self.report)

    @property
    def has_day(self) -> bool:
        return self.precision == self.Precision.DAY

    @property
    def month(self) -> date:
        """The first day of the month in which the event starts."""
        return self.starts_on.replace(day=1)

    @property
    def month_in_words(self) -> str:
        return date_in_words(self.starts_on, precision=DatePrecision.MONTH)

    @property
    def date_in_words(self) -> str:
        return date_in_words(self.starts_on, self.ends_on, self.precision)

    @property
    def datetime_attribute(self) -> str:
        """The start for the `datetime` attribute of HTML, with its time if it is known."""
        if self.starts_at_time:
            return self.local_start.isoformat(timespec="minutes")
        return datetime_attribute(self.starts_on, self.precision)

    @property
    def end_attribute(self) -> str:
        """The end for the `datetime` attribute of HTML."""
        if self.ends_at_time:
            return self.local_end.isoformat(timespec="minutes")
        return datetime_attribute(self.last_day, self.precision)

    @property
    def local_start(self) -> datetime:
        return self.starts_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def local_end(self) -> datetime:
        return self.ends_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def takes_one_day(self) -> bool:
        return self.has_day and self.last_day == self.starts_on

    @property
    def has_known_end(self) -> bool:
        """Whether it is known when the event ends, at least the day. The day of the start alone says nothing."""
        return bool(self.ends_at_time) or not (self.starts_at_time and self.takes_one_day)

    @property
    def time_in_words(self) -> str:
        """The local time of an event of one day, such as 09:30–16:00 CET. Empty if it is not known."""
        if not self.starts_at_time or not self.takes_one_day:
            return ""
        if not self.ends_at_time:
            return time_in_words(self.starts_at, self.time_zone)
        return f"{clock_in_words(self.starts_at_time)}–{time_in_words(self.ends_at, self.time_zone)}"

    @property
    def start_in_words(self) -> str:
        """The first day with the local time, such as 4 December 2023, 09:30 CET."""
        return self.day_and_time(self.starts_on, self.starts_at, self.starts_at_time)

    @property
    def end_in_words(self) -> str:
        return self.day_and_time(self.last_day, self.ends_at, self.ends_at_time)

    def day_and_time(self, day: date, at: datetime, clock: time | None) -> str:
        words = date_in_words(day)
        return f"{words}, {time_in_words(at, self.time_zone)}" if clock else words

    @property
    def is_online_only(self) -> bool:
        return self.format == AttendanceFormat.ONLINE

    def calendar_entry(self, publisher: Any, url: str) -> Entry:
        """Return the entry for calendars. `publisher` is the alliance, `url` the absolute address of the page."""
        start: date | datetime = self.starts_on
        end: date | datetime | None = self.last_day
        if self.starts_at_time:
            start, end = self.starts_at, self.ends_at if self.ends_at_time or self.ends_on else None
        return Entry(
            uid=permanent_uid(publisher, self),
            summary=self.title,
            start=start,
            end=end,
            updated_at=self.updated_at,
            url=url,
            description=self.summary,
            location=self.place or (str(self.get_format_display()) if self.is_online_only else ""),
            position=self.position,
            is_cancelled=self.is_cancelled,
        )

    @property
    def position(self) -> tuple[float, float] | None:
        if self.latitude is None or self.longitude is None:
            return None
        return float(self.latitude), float(self.longitude)

    def structured_data(self) -> dict:
        """The event as Event of schema.org. Needs `with_audiences`."""
        locations, host = self.locations(), self.host
        return {
            "@type": "Event",
            "name": self.title,
            "description": self.summary,
            "startDate": self.datetime_attribute,
            "endDate": self.end_attribute if self.has_known_end else None,
            "eventStatus": f"https://schema.org/Event{'Cancelled' if self.is_cancelled else 'Scheduled'}",
            "eventAttendanceMode": f"https://schema.org/{ATTENDANCE_MODES[self.format]}EventAttendanceMode",
            "location": locations[0] if len(locations) == 1 else locations,
            "organizer": host and {"@type": "CollegeOrUniversity", "name": host.name, "url": host.website},
            "audience": [{"@type": "Audience", "audienceType": audience.name} for audience in self.published_audiences],
        }

    def locations(self) -> list[dict[str, Any]]:
        """The places of the event in the vocabulary of schema.org."""
        found: list[dict[str, Any]] = []
        if self.place and not self.is_online_only:
            place: dict[str, Any] = {"@type": "Place", "name": self.place, "address": self.place}
            if self.position:
                latitude, longitude = self.position
                place["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
            found.append(place)
        if self.format != AttendanceFormat.ONSITE and (url := self.registration_url or self.source_url):
            found.append({"@type": "VirtualLocation", "url": url})
        return found


ATTENDANCE_MODES: dict[str, str] = {
    AttendanceFormat.ONSITE: "Offline",
    AttendanceFormat.ONLINE: "Online",
    AttendanceFormat.HYBRID: "Mixed",
}
