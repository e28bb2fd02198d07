"""News about the alliance and its universities."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.dates import DatePrecision, date_in_words, datetime_attribute
from topics.models import SourcedContent, SourcedContentQuerySet


class NewsQuerySet(SourcedContentQuerySet):
    def matching(self, *, year: int | None = None, **filters: Any) -> Self:
        """News of `year` that match the other filters."""
        queryset = super().matching(**filters)
        return queryset.filter(date__year=year) if year else queryset

    def for_list(self) -> Self:
        """News without their long texts, with their topics."""
        return self.defer("body").with_topics()

    def years(self) -> list[int]:
        """The years that have news, the latest first."""
        # Django's `dates` calls a Python function for each row on SQLite.
        days = self.order_by().values_list("date", flat=True).distinct()
        return sorted({day.year for day in days}, reverse=True)


NewsManager = models.Manager.from_queryset(NewsQuerySet)


class NewsItem(SourcedContent):
    """Something that happened in the alliance, with its date and its source."""

    content_section = "news"
    body_fields = ("title", "summary", "body")

    Precision = DatePrecision

    # News are in the order of their dates.
    order = None  # type: ignore[assignment]
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

    objects: ClassVar[NewsManager] = NewsManager()

    class Meta(SourcedContent.Meta):
        verbose_name = _("news item")
        verbose_name_plural = _("news")
        ordering = ("-date", "-pk")
        indexes = [models.Index(fields=["-date", "-id"], name="news_by_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(precision__in=DatePrecision.values),
                name="news_precision_is_known",
                violation_error_message=_("Choose a date precision from the list."),
            )
        ]

    def get_absolute_url(self):
        return reverse("news:detail", args=[self.slug])

    def key_source(self):
        return f"{self.date.year} {super().key_source()}"

    @property
    def datetime_attribute(self) -> str:
        return datetime_attribute(self.date, self.precision)

    @property
    def date_in_words(self) -> str:
        return date_in_words(self.date, precision=self.precision)

    def structured_data(self) -> dict:
        """The item as NewsArticle of schema.org. Needs `with_topics`."""
        source = {"@type": "CreativeWork", "name": self.source or self.source_url, "url": self.source_url}
        return {
            "@type": "NewsArticle",
            "headline": self.title,
            "description": self.summary,
            "datePublished": self.datetime_attribute,
            "dateModified": self.updated_at.isoformat(timespec="seconds"),
            "inLanguage": get_language(),
            "keywords": [topic.name for topic in self.published_topics],
            "about": [{"@type": "CollegeOrUniversity", "name": member.name} for member in self.published_members],
            "isBasedOn": source if self.source_url else None,
        }
