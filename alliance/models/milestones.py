"""Milestones of the timeline."""

from math import ceil
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import ExtractYear, RowNumber
from django.utils.translation import gettext_lazy as _

from editorial.dates import Dated, DatePrecision
from editorial.fields import RichTextField
from editorial.models import Content, ContentQuerySet
from pages.pagination import ITEMS_PER_PAGE, page_query
from topics.models import Sourced

# Within a year, milestones without a month come last.
MILESTONE_ORDER = (ExtractYear("date"), Case(When(precision="year", then=1), default=0), "date", "pk")


class MilestoneQuerySet(ContentQuerySet):
    def with_position(self):
        """Milestones with their `position` in the timeline, counted from 1."""
        return self.annotate(position=Window(RowNumber(), order_by=MILESTONE_ORDER))


MilestoneManager = models.Manager.from_queryset(MilestoneQuerySet)


class Milestone(Dated, Sourced, Content):
    """An event in the history of the alliance, with its source."""

    content_section = "milestones"
    shown_on = "alliance:milestones"
    body_fields = ("title", "body")

    title = models.CharField(_("title"), max_length=200)
    body = RichTextField(_("text"), blank=True)
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day, if the event took several days.")
    )

    class Meta(Content.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = MILESTONE_ORDER
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("date")),
                name="milestone_ends_after_it_starts",
                violation_error_message=_("The last day cannot lie before the first. Check both dates."),
            ),
            models.CheckConstraint(
                condition=Q(precision__in=DatePrecision.values),
                name="milestone_precision_is_known",
                violation_error_message=_("Choose a date precision from the list."),
            ),
        ]

    # Set by `with_position`.
    position: int

    objects: ClassVar[MilestoneManager] = MilestoneManager()

    def __str__(self):
        return self.title

    def clean(self):
        if self.until and self.precision != self.Precision.DAY:
            raise ValidationError({"until": _("A last day requires the date precision “day”.")})

    def key_source(self):
        return f"{self.date.year} {super().key_source()}"

    def preview_url(self) -> str:
        positions = dict(Milestone.objects.published().with_position().values_list("pk", "position"))
        return f"{super().preview_url()}{page_query(ceil(positions.get(self.pk, 1) / ITEMS_PER_PAGE))}"
