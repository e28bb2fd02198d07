"""News about the alliance and its universities."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.dates import Dated, DatePrecision
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


class NewsItem(Dated, SourcedContent):
    """Something that happened in the alliance, with its date and its source."""

    content_section = "news"
    body_fields = ("title", "summary", "body")

    # News are in the order of their dates.
    order = None  # type: ignore[assignment]

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
