"""Calls and offers that people can apply for."""

from datetime import date, datetime, time
from typing import Any, ClassVar, NamedTuple, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Count, F, IntegerField, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from editorial.dates import (
    DatePrecision,
    date_in_words,
    date_locale,
    datetime_attribute,
    moment,
    time_in_words,
    zone_in_words,
)
from editorial.fields import RichTextField
from editorial.languages import language_name
from editorial.phrases import validate_language_tag
from editorial.times import site_time_zone, validate_local_time, validate_time_zone
from opendata.calendars import Entry, permanent_uid
from opportunities.states import (
    CLOSES_SOON,
    GROUPS,
    OPEN_STATES,
    RANKS,
    Group,
    NoDeadline,
    State,
    state_expression,
    state_of,
)
from topics.models import MAX_RELATED, AttendanceFormat, Audience, AudienceContentQuerySet, SourcedContent

LONG_TEXTS = ("body", "eligibility", "how_to_apply")
# Dates outside these years are typing errors.
PLAUSIBLE_DAY = [
    MinValueValidator(date(1990, 1, 1), _("The year is before 1990. Check it.")),
    MaxValueValidator(date(2199, 12, 31), _("The year is after 2199. Check it.")),
]


class OpportunityKind(models.TextChoices):
    STUDY = "study", _("study programme or exchange")
    BLENDED = "blended", _("blended intensive programme")
    SUMMER_SCHOOL = "summer-school", _("summer school")
    STAFF_WEEK = "staff-week", _("staff week or visit")
    GRANT = "grant", _("grant")
    AWARD = "award", _("award")
    AMBASSADOR = "ambassador", _("student ambassador")
    INTERNSHIP = "internship", _("internship")
    CALL_FOR_PAPERS = "call-for-papers", _("call for papers")


class Outlook(NamedTuple):
    """The number of open opportunities in a list, and the next moment at which a state changes."""

    open: int
    next_change: datetime | None


class OpportunityQuerySet(AudienceContentQuerySet):
    def with_state(self, now: datetime) -> Self:
        """Opportunities with their state at `now` as `state_then`."""
        return self.annotate(state_then=state_expression(now))

    def in_state(self, now: datetime, *states: State) -> Self:
        """Opportunities that are in one of `states` at `now`."""
        return self.with_state(now).filter(state_then__in=states)

    def in_order(self, now: datetime) -> Self:
        """Open opportunities by deadline, then those open at any time, upcoming, without a deadline, and closed."""
        ranks = (When(state_then=state, then=Value(rank)) for state, rank in RANKS.items())
        coming = Case(
            When(state_then=State.UPCOMING, then="opens_at"), When(state_then__in=OPEN_STATES, then="closes_at")
        )
        past = Case(When(state_then=State.CLOSED, then=Coalesce("closes_at", "opens_at")))
        return self.with_state(now).order_by(
            Case(*ranks, output_field=IntegerField()),
            coming.asc(nulls_last=True),
            past.desc(nulls_last=True),
            "pk",
        )

    def for_list(self, now: datetime) -> Self:
        """Opportunities in order, without their long texts, with their audiences."""
        return self.in_order(now).defer(*LONG_TEXTS).with_audiences()

    def recurring(self, now: datetime) -> Self:
        """Closed opportunities that recur, those that opened last first."""
        closed = self.in_state(now, State.CLOSED).filter(recurs=True)
        return closed.order_by(F("opens_at").desc(nulls_last=True), "-pk").defer(*LONG_TEXTS)

    def matching(self, now: datetime, state: str = "", **filters: Any) -> Self:  # type: ignore[override]
        """Opportunities in `state` at `now` that match the other filters. An empty state does not filter.

        Open ones include those that close soon and those open at any time.
        """
        queryset = super().matching(**filters)
        states = OPEN_STATES if state == State.OPEN else [state]
        return queryset.in_state(now, *states) if state else queryset

    def outlook(self, now: datetime) -> Outlook:
        """Return the number of open ones at `now`, and the next moment at which the state of one of these changes."""
        found = (
            self.with_state(now)
            .order_by()
            .aggregate(
                open=Count(Value(1), filter=Q(state_then__in=OPEN_STATES)),
                opens=Min("opens_at", filter=Q(opens_at__gt=now)),
                closes=Min("closes_at", filter=Q(closes_at__gt=now)),
                closes_soon=Min("closes_at", filter=Q(closes_at__gt=now + CLOSES_SOON)),
            )
        )
        soon = found["closes_soon"] - CLOSES_SOON if found["closes_soon"] else None
        return Outlook(found["open"], min(filter(None, (found["opens"], found["closes"], soon)), default=None))

    def similar_to(self, opportunity: "Opportunity", now: datetime) -> Self:
        """Other opportunities of its kind or with its topics: those not closed first, then the most alike."""
        tags = Opportunity.topics.through._default_manager.filter(opportunity=OuterRef("pk"))
        shared = tags.filter(topic__in=opportunity.topics.order_by()).order_by().values("opportunity")
        alike = Coalesce(Subquery(shared.annotate(number=Count("pk")).values("number")), Value(0))
        same_kind = Case(When(kind=opportunity.kind, then=Value(2)), default=Value(0))
        is_closed = Case(When(state_then=State.CLOSED, then=Value(1)), default=Value(0))
        others = self.exclude(pk=opportunity.pk).with_state(now).annotate(likeness=alike + same_kind)
        ordered = others.filter(likeness__gt=0).order_by(
            is_closed, "-likeness", Coalesce("closes_at", "opens_at").desc(nulls_last=True), "pk"
        )
        return ordered.defer(*LONG_TEXTS).with_audiences()[:MAX_RELATED]


OpportunityManager = models.Manager.from_queryset(OpportunityQuerySet)


class Opportunity(SourcedContent):
    """A call or an offer that people can apply for, such as a summer school or a grant."""

    content_section = "opportunities"
    body_fields = ("title", "summary", "eligibility", "how_to_apply", "body")

    Kind = OpportunityKind

    # Opportunities are in the order of their deadlines.
    order = None  # type: ignore[assignment]
    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind, help_text=_("What people apply for. Visitors filter the list by it.")
    )
    audiences = models.ManyToManyField(
        Audience, blank=True, verbose_name=_("for whom"), help_text=_("The groups of people who may apply.")
    )
    opens_on = models.DateField(
        _("opens on"),
        null=True,
        blank=True,
        validators=PLAUSIBLE_DAY,
        help_text=_(
            "The first day on which people can apply. Where only the month or year is known, choose its first day: the "
            "opportunity counts as open from then on. Leave it empty if it is not known."
        ),
    )
    opens_precision = models.CharField(
        _("opening date precision"),
        max_length=10,
        choices=DatePrecision,
        default=DatePrecision.DAY,
        help_text=_("The part of the opening date that is known and shown."),
    )
    closes_on = models.DateField(
        _("closes on"),
        null=True,
        blank=True,
        validators=PLAUSIBLE_DAY,
        help_text=_("The last day on which people can apply. It closes by itself after that day."),
    )
    closes_at_time = models.TimeField(
        _("closes at"),
        null=True,
        blank=True,
        help_text=_(
            "The local time of the deadline, such as 23:59. If you leave it empty, it closes at the end of the day."
        ),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        default=site_time_zone,
        validators=[validate_time_zone],
        help_text=_("The time zone of the deadline: a continent and a city, such as Europe/Warsaw."),
    )
    no_deadline = models.CharField(
        _("without a closing date"),
        max_length=10,
        choices=NoDeadline,
        default=NoDeadline.ASK,
        help_text=_("Whether people can apply although no closing date is given. It counts only then."),
    )
    recurs = models.BooleanField(
        _("comes back"),
        default=False,
        help_text=_("Tick it if it takes place again and again. While it is closed, visitors see when it opened last."),
    )
    starts_on = models.DateField(
        _("starts on"),
        null=True,
        blank=True,
        validators=PLAUSIBLE_DAY,
        help_text=_("The first day of the programme itself, not of the application."),
    )
    ends_on = models.DateField(
        _("ends on"), null=True, blank=True, validators=PLAUSIBLE_DAY, help_text=_("The last day of the programme.")
    )
    place = models.CharField(
        _("place"), max_length=200, blank=True, help_text=_("The city, and the building if it is known.")
    )
    format = models.CharField(
        _("format"),
        max_length=10,
        choices=AttendanceFormat,
        default=AttendanceFormat.ONSITE,
        help_text=_("Whether people travel there, take part online, or both."),
    )
    ects = models.PositiveSmallIntegerField(
        _("ECTS credits"),
        null=True,
        blank=True,
        help_text=_("The number of credits. Leave it empty if there are none."),
    )
    teaching_language = models.CharField(
        _("language of teaching"),
        max_length=20,
        blank=True,
        validators=[validate_language_tag],
        help_text=_("A code such as en or pl. Visitors see the name of the language in their own language."),
    )
    funding = models.CharField(
        _("funding"), max_length=400, blank=True, help_text=_("What people get: the sum, what it covers, who pays it.")
    )
    eligibility = RichTextField(
        _("who can apply"), blank=True, help_text=_("The conditions that applicants must meet.")
    )
    how_to_apply = RichTextField(_("how to apply"), blank=True, help_text=_("The steps, and the documents to send."))
    apply_url = models.URLField(
        _("address for applications"),
        max_length=500,
        blank=True,
        help_text=_("The page with the form. Visitors see it as a button while the opportunity is open."),
    )
    contact_email = models.EmailField(
        _("contact"), blank=True, help_text=_("The e-mail address of an office for questions, not of a person.")
    )
    # Computed from the dates by `save`.
    opens_at = models.DateTimeField(_("moment of opening"), null=True, editable=False, db_index=True)
    closes_at = models.DateTimeField(_("moment of closing"), null=True, editable=False, db_index=True)

    # Set by `with_state` and `with_audiences`.
    state_then: str
    published_audiences: list[Audience]

    objects: ClassVar[OpportunityManager] = OpportunityManager()

    class Meta(SourcedContent.Meta):
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering = (F("closes_at").desc(nulls_last=True), "-pk")  # type: ignore[assignment]
        # The fields of `state_expression`, so that states are counted without reading the texts.
        indexes = [
            models.Index(fields=["is_published", "no_deadline", "closes_at", "opens_at"], name="opportunity_state")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on__isnull=True) | Q(closes_on__isnull=True) | Q(closes_on__gte=F("opens_on")),
                name="opportunity_closes_after_it_opens",
                violation_error_message=_("It cannot close before it opens. Check both dates."),
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="opportunity_ends_after_it_starts",
                violation_error_message=_("The programme cannot end before it starts. Check both dates."),
            ),
            models.CheckConstraint(
                condition=Q(closes_at_time__isnull=True) | Q(closes_on__isnull=False),
                name="opportunity_time_has_a_day",
                violation_error_message=_("A closing time needs a closing date. Enter the date, or delete the time."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OpportunityKind.values),
                name="opportunity_kind_is_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            models.CheckConstraint(
                condition=Q(format__in=AttendanceFormat.values),
                name="opportunity_format_is_known",
                violation_error_message=_("Choose a format from the list."),
            ),
            models.CheckConstraint(
                condition=Q(no_deadline__in=NoDeadline.values),
                name="opportunity_no_deadline_is_known",
                violation_error_message=_("Choose what is known without a closing date from the list."),
            ),
            models.CheckConstraint(
                condition=Q(opens_precision__in=DatePrecision.values),
                name="opportunity_precision_is_known",
                violation_error_message=_("Choose a date precision from the list."),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.opens_at = moment(self.opens_on, time.min, self.time_zone) if self.opens_on else None
        self.closes_at = moment(self.closes_on, self.closes_at_time, self.time_zone) if self.closes_on else None
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "opens_at", "closes_at"}
        super().save(*args, **kwargs)

    def clean(self):
        if self.closes_at_time and not self.closes_on:
            raise ValidationError(
                {"closes_on": _("A closing time needs a closing date. Enter the date, or delete the time.")}
            )
        if self.opens_on and self.closes_on and self.closes_on < self.opens_on:
            raise ValidationError({"closes_on": _("It cannot close before it opens. Check both dates.")})
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The programme cannot end before it starts. Check both dates.")})
        if self.closes_on and self.closes_at_time:
            self.clean_time(datetime.combine(self.closes_on, self.closes_at_time))

    def clean_time(self, local: datetime) -> None:
        """Raise ValidationError if the clock skips or repeats `local`, the time of the deadline."""
        try:
            validate_time_zone(self.time_zone)
        except ValidationError:
            # The validator of the field reports it.
            return
        try:
            validate_local_time(local, self.time_zone)
        except ValidationError as error:
            raise ValidationError({"closes_at_time": error}) from error

    def get_absolute_url(self):
        return reverse("opportunities:detail", args=[self.slug])

    # The state

    @property
    def state(self) -> State:
        """The state at the time of `with_state`, otherwise now."""
        return State(self.__dict__["state_then"]) if "state_then" in self.__dict__ else state_of(self, timezone.now())

    @property
    def group(self) -> Group:
        return GROUPS[self.state]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_closed(self) -> bool:
        return self.state == State.CLOSED

    @property
    def changes_at(self) -> list[datetime]:
        """The moments at which its state changes."""
        closing = [self.closes_at - CLOSES_SOON, self.closes_at] if self.closes_at else []
        return [*([self.opens_at] if self.opens_at else []), *closing]

    # Dates as visitors read them

    @property
    def opens_attribute(self) -> str:
        return datetime_attribute(self.opens_on, self.opens_precision) if self.opens_on else ""

    @property
    def opens_in_words(self) -> str:
        return date_in_words(self.opens_on, precision=self.opens_precision) if self.opens_on else ""

    @property
    def month_of_opening(self) -> str:
        """The month in which it opened last, or the year if only that is known."""
        precision = self.opens_precision
        precision = DatePrecision.MONTH if precision == DatePrecision.DAY else precision
        return date_in_words(self.opens_on, precision=precision) if self.opens_on else ""

    @property
    def opens_by_day(self) -> bool:
        return self.opens_precision == DatePrecision.DAY

    @property
    def closes_attribute(self) -> str:
        """The deadline for the `datetime` attribute: the moment, or the last day if no time is given."""
        if self.closes_at and self.closes_at_time:
            return self.closes_at.isoformat()
        return self.closes_on.isoformat() if self.closes_on else ""

    @property
    def closes_in_words(self) -> str:
        """The deadline with its local time, if one is given."""
        if not self.closes_on:
            return ""
        day = date_in_words(self.closes_on)
        if self.closes_at and self.closes_at_time:
            return f"{day}, {time_in_words(self.closes_at, self.time_zone)}"
        return day

    @property
    def local_closing(self) -> datetime | None:
        return self.closes_at and self.closes_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def closing_zone(self) -> str:
        """The name of the time zone in which the last day ends, if no time is given."""
        if self.local_closing is None or self.closes_at_time:
            return ""
        return zone_in_words(self.local_closing, date_locale())

    @property
    def programme_in_words(self) -> str:
        """The dates of the programme: a range, or its first or last day."""
        if self.starts_on and self.ends_on:
            return date_in_words(self.starts_on, self.ends_on)
        if self.starts_on:
            return gettext("from %(date)s") % {"date": date_in_words(self.starts_on)}
        return gettext("until %(date)s") % {"date": date_in_words(self.ends_on)} if self.ends_on else ""

    @property
    def language_name(self) -> str:
        """The name of the language of teaching in the active language."""
        return language_name(self.teaching_language) if self.teaching_language else ""

    # For other programs

    def calendar_entry(self, publisher: Any, url: str) -> Entry:
        """Return the entry for the deadline: its moment, or its whole day if no time is given.

        `publisher` is the alliance, `url` the absolute address of the page.
        """
        return Entry(
            uid=permanent_uid(publisher, self),
            summary=gettext("Deadline: %(title)s") % {"title": self.title},
            start=self.closes_at if self.closes_at_time else self.closes_on,  # type: ignore[arg-type]
            end=None,
            updated_at=self.updated_at,
            url=url,
            description=self.summary,
            is_deadline=True,
        )

    def structured_data(self) -> dict:
        """The opportunity in the vocabulary of schema.org. Needs `with_topics`."""
        common = {"name": self.title, "description": self.summary}
        opens_at = self.opens_at if self.opens_by_day else None
        if self.kind in (OpportunityKind.GRANT, OpportunityKind.AWARD):
            # A Grant has no dates, and is nothing that an Offer offers.
            target = self.apply_url if self.is_open else None
            apply = {"@type": "ApplyAction", "startTime": opens_at, "endTime": self.closes_at, "target": target}
            return {"@type": "Grant", **common, "potentialAction": apply}
        if self.kind in (OpportunityKind.AMBASSADOR, OpportunityKind.CALL_FOR_PAPERS):
            return {"@type": "Offer", **common, "validFrom": opens_at, "validThrough": self.closes_at}
        is_work = self.kind == OpportunityKind.INTERNSHIP
        return {
            "@type": "WorkBasedProgram" if is_work else "EducationalOccupationalProgram",
            **common,
            "applicationStartDate": self.opens_on if self.opens_by_day else None,
            "applicationDeadline": self.local_closing if self.closes_at_time else self.closes_on,
            "startDate": self.starts_on,
            "endDate": self.ends_on,
            "numberOfCredits": self.ects,
            "educationalProgramMode": {"online": "online", "hybrid": "blended"}.get(self.format, "onsite"),
        }
