"""Thematic lines, and work with single cities."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.fields import RichTextField
from editorial.models import SluggableContent, SluggableQuerySet
from editorial.models.content import is_filled
from partners.models import PartnerUniversity
from topics.models import Sourced


class LineKind(models.TextChoices):
    LINE = "line", _("thematic line")
    CITYLAB = "citylab", _("work with a city")


class LineQuerySet(SluggableQuerySet):
    def with_leads(self) -> Self:
        """Lines with the published universities that lead them in `published_leads`."""
        leads = PartnerUniversity.objects.published().without_long_texts()
        return self.prefetch_related(models.Prefetch("leads", leads, to_attr="published_leads"))

    def with_page(self) -> Self:
        """Lines with a text, which have a page of their own."""
        return self.filter(is_filled(build_localized_fieldname("body", settings.LANGUAGE_CODE)))


LineManager = models.Manager.from_queryset(LineQuerySet)


class Line(Sourced, SluggableContent):
    """A thematic line of the alliance, or its work with one city. The alliance says what it calls either.

    One that has a text has a page. The others are entries of the list.
    """

    content_section = "lines"
    body_fields = ("title", "summary", "body")

    Kind = LineKind

    kind = models.CharField(_("kind"), max_length=10, choices=LineKind, default=LineKind.LINE)
    title = models.CharField(
        _("title"),
        max_length=150,
        help_text=_("A few words. They are the heading of its page and the text of links to it."),
    )
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences, for lists and search engines.")
    )
    body = RichTextField(
        _("text"), blank=True, help_text=_("If you leave it empty, it is an entry of the list without a page.")
    )
    leads = models.ManyToManyField(
        PartnerUniversity,
        blank=True,
        related_name="lines",
        verbose_name=_("universities that lead it"),
        help_text=_("Of work with a city, the university in that city."),
    )

    # Set by `with_leads`.
    published_leads: list[PartnerUniversity]

    objects: ClassVar[LineManager] = LineManager()

    class Meta(SluggableContent.Meta):
        verbose_name = _("thematic line")
        verbose_name_plural = _("thematic lines")
        # Thematic lines come before work with cities.
        ordering = ("-kind", "order", "pk")  # type: ignore[assignment]  # the base has two
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=LineKind.values),
                name="line_kind_is_known",
                violation_error_message=_("Choose a kind from the list."),
            )
        ]

    def __str__(self):
        return self.title

    @property
    def meta_description(self) -> str:
        return self.summary

    @property
    def has_own_page(self) -> bool:
        return bool(self.body)

    def get_absolute_url(self):
        if self.has_own_page:
            return reverse("alliance:line", args=[self.slug])
        return f"{reverse('alliance:lines')}#{self.key}"
