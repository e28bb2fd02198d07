"""Funded projects of the alliance and of its members."""

from copy import copy
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from editorial.dates import date_in_words, date_locale
from partners.models import PartnerUniversity, long_texts_of
from topics.models import SourcedContent, SourcedContentQuerySet

EURO = "EUR"


class ProjectQuerySet(SourcedContentQuerySet):
    def with_coordinator(self) -> Self:
        """Projects with their coordinating university, without its long texts."""
        return self.select_related("coordinator").defer(*long_texts_of("coordinator"))


ProjectManager = models.Manager.from_queryset(ProjectQuerySet)


class Project(SourcedContent):
    """A project with a programme that pays for it, such as the two phases of the alliance."""

    content_section = "projects"

    programme = models.CharField(
        _("programme"),
        max_length=150,
        blank=True,
        help_text=_("The programme that pays for it, such as: Erasmus+, European Universities, call 2023."),
    )
    budget = models.PositiveIntegerField(
        _("budget"), null=True, blank=True, help_text=_("In whole euros, such as 5000000.")
    )
    budget_note = models.CharField(
        _("note on the budget"),
        max_length=200,
        blank=True,
        help_text=_("Optional: what the sum covers and what it leaves out."),
    )
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    coordinator = models.ForeignKey(
        PartnerUniversity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("coordinating university"),
    )
    grant_number = models.CharField(
        _("grant number"), max_length=40, blank=True, help_text=_("Of the grant agreement, such as 101035801.")
    )
    website = models.URLField(_("website"), max_length=500, blank=True)

    objects: ClassVar[ProjectManager] = ProjectManager()

    class Meta(SourcedContent.Meta):
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="project_ends_after_it_starts",
                violation_error_message=_("The last day cannot lie before the first. Check both dates."),
            )
        ]

    def get_absolute_url(self):
        return reverse("alliance:project", args=[self.slug])

    @property
    def duration_in_words(self) -> str:
        """The first and last day, as far as they are known, in the format of the active language."""
        if self.starts_on and self.ends_on:
            return date_in_words(self.starts_on, self.ends_on)
        if self.starts_on:
            return gettext("since %(date)s") % {"date": date_in_words(self.starts_on)}
        if self.ends_on:
            return gettext("until %(date)s") % {"date": date_in_words(self.ends_on)}
        return ""

    @property
    def budget_in_words(self) -> str:
        """The budget in whole euros in the format of the active language, such as €5,000,000."""
        if self.budget is None:
            return ""
        locale = date_locale()
        pattern = copy(locale.currency_formats["standard"])
        pattern.frac_prec = (0, 0)
        return pattern.apply(self.budget, locale, currency=EURO, currency_digits=False)

    def structured_data(self) -> dict:
        """The project as Project of schema.org."""
        return {
            "@type": "Project",
            "name": self.title,
            "description": self.summary,
            "identifier": self.grant_number,
            "foundingDate": self.starts_on,
            "dissolutionDate": self.ends_on,
            "sameAs": self.website,
        }
