"""News about the alliance and its universities."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.dates import Dated, DatePrecision
from partners.models import PartnerUniversity
from topics.models import SourcedContent, SourcedContentQuerySet, Topic

MAX_RELATED = 6


class NewsQuerySet(SourcedContentQuerySet):
    def matching(
        self, topic: Topic | None = None, member: PartnerUniversity | None = None, year: int | None = None
    ) -> Self:
        """News with `topic`, about `member`, and of `year`. None does not filter."""
        queryset = self
        if topic:
            queryset = queryset.filter(topics=topic)
        if member:
            queryset = queryset.of_member(member)
        if year:
            queryset = queryset.filter(date__year=year)
        return queryset

    def for_list(self) -> Self:
        """News without their long texts, with their topics."""
        return self.defer("body").with_topics()

    def years(self) -> list[int]:
        """The years that have news, the latest first."""
        return [day.year for day in self.dates("date", "year", order="DESC")]


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

    def related(self) -> "list[NewsItem]":
        """Other published news that share topics with this one: those that share the most first, then the newest."""
        tags = NewsItem.topics.through.objects.filter(newsitem__is_published=True).exclude(newsitem=self)
        topics = self.topics.filter(is_published=True)
        shared = tags.filter(topic__in=topics).values("newsitem").annotate(number=Count("pk"))
        ranked = shared.order_by("-number", "-newsitem__date", "-newsitem")[:MAX_RELATED]
        ids = list(ranked.values_list("newsitem", flat=True))
        found = NewsItem.objects.defer("body").in_bulk(ids)
        return [found[pk] for pk in ids]

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
