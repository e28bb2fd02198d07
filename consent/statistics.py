"""Statistics of decisions for the admin, as tables and bar charts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Count
from django.db.models.functions import TruncDay, TruncMonth
from django.utils import formats, timezone

from consent.models import Decision, NoticeVersion

DEFAULT_DAYS = 30
# Longer periods are counted by month.
MAX_DAYS_BY_DAY = 92
# Size of a chart in SVG units.
WIDTH, HEIGHT = 720, 160


@dataclass(frozen=True)
class Bar:
    """One value of a chart and its rectangle in SVG units."""

    label: str
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Acceptance:
    """Numbers of answers to one notice version, and of those that granted a provider. A visitor can answer again."""

    purpose: str
    provider: str
    notice: int
    answers: int
    granted: int

    @property
    def percentage(self) -> int:
        return round(100 * self.granted / self.answers)


@dataclass(frozen=True)
class Chart:
    """Bar chart, scaled to the largest value."""

    values: list[tuple[str, int]]

    @property
    def maximum(self) -> int:
        return max((value for _label, value in self.values), default=0)

    @property
    def bars(self) -> list[Bar]:
        step = WIDTH / max(len(self.values), 1)
        bars = []
        for index, (label, value) in enumerate(self.values):
            height = HEIGHT * value / (self.maximum or 1)
            bars.append(Bar(label, value, (index + 0.1) * step, HEIGHT - height, step * 0.8, height))
        return bars


class Statistics:
    """Statistics of the decisions from `start` to `end`, both included; by default of the last DEFAULT_DAYS days."""

    def __init__(self, start: date | None, end: date | None):
        self.end = end or timezone.localdate()
        self.start = start or self.end - timedelta(days=DEFAULT_DAYS - 1)
        self.by_month = (self.end - self.start).days >= MAX_DAYS_BY_DAY

    @cached_property
    def rows(self) -> list:
        """Counts by day or month, notice version, action and granted providers. One query."""
        bucket = TruncMonth("decided_at") if self.by_month else TruncDay("decided_at")
        decisions = Decision.objects.in_period(self.start, self.end).annotate(bucket=bucket).order_by()
        return list(decisions.values("bucket", "notice__number", "action", "granted").annotate(count=Count("pk")))

    @property
    def answers(self) -> list:
        """The rows without what was shown once, which answers no notice."""
        return [row for row in self.rows if row["action"] != Decision.Action.SHOWN_ONCE]

    @property
    def buckets(self) -> list[date]:
        """Days of the period, or the first day of each month."""
        days = [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]
        return sorted({day.replace(day=1) for day in days}) if self.by_month else days

    def over_time(self, *actions: str) -> Chart:
        counts: Counter = Counter()
        for row in self.answers:
            if not actions or row["action"] in actions:
                counts[row["bucket"].date()] += row["count"]
        style = "YEAR_MONTH_FORMAT" if self.by_month else "DATE_FORMAT"
        return Chart([(formats.date_format(bucket, style), counts[bucket]) for bucket in self.buckets])

    @cached_property
    def decisions(self) -> Chart:
        return self.over_time()

    @cached_property
    def withdrawals(self) -> Chart:
        return self.over_time(Decision.Action.WITHDRAWN)

    @property
    def total(self) -> int:
        return sum(row["count"] for row in self.answers)

    @property
    def withdrawn(self) -> int:
        return sum(row["count"] for row in self.rows if row["action"] == Decision.Action.WITHDRAWN)

    def by_action(self) -> list[tuple[str, int]]:
        counts: Counter = Counter()
        for row in self.rows:
            counts[row["action"]] += row["count"]
        return [(str(label), counts[action]) for action, label in Decision.Action.choices]

    def acceptance(self, versions: Iterable[NoticeVersion]) -> list[Acceptance]:
        """Return the acceptance of each provider in `versions`. Withdrawals do not count as answers."""
        answers: Counter[int] = Counter()
        granted: Counter[tuple[int, str]] = Counter()
        for row in self.answers:
            if row["action"] != Decision.Action.WITHDRAWN:
                answers[row["notice__number"]] += row["count"]
                for key in filter(None, row["granted"].split(",")):
                    granted[row["notice__number"], key] += row["count"]
        return [
            Acceptance(
                purpose["name"],
                provider["name"],
                version.number,
                answers[version.number],
                granted[version.number, provider["key"]],
            )
            for version in versions
            if answers[version.number]
            for purpose in version.purposes
            for provider in purpose["providers"]
        ]
