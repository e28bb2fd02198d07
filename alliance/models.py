"""What the alliance is and promises: its names, areas, deliverables, initiatives and tasks."""

import re

from babel import Locale
from babel.dates import format_date, format_skeleton, get_date_format
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import ExtractYear, RowNumber
from django.urls import reverse
from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.fields import PictureField, RichTextField
from editorial.models import (
    Content,
    ContentQuerySet,
    OrderedContent,
    SluggableContent,
    SluggableQuerySet,
    require_alt_text,
)
from pages.models import Page
from partners.models import PartnerUniversity
from pictures.models import cover_field

SUMMARY_HELP = _("One or two sentences, for lists and search engines.")
# English is written here as Europe writes it: 5 February 2020.
DATE_LOCALES = {"en": "en_GB"}
TITLE_HELP = _("A few words. They are the heading of its page and the text of links to it.")


class AllianceQuerySet(ContentQuerySet):
    def with_host(self):
        """The alliance with its host, without the host's long text."""
        return self.select_related("host").defer("host__description")


class Alliance(Content):
    """The alliance that this site tells of, seen from one of its universities: the host. There is one."""

    content_section = "alliance"
    heading_field = "acronym"
    body_fields = ("tagline", "introduction")
    KEY = "alliance"

    name = models.CharField(_("name"), max_length=200, help_text=_("The current name of the alliance."))
    name_since = models.PositiveSmallIntegerField(_("name since"), help_text=_("The year."))
    former_name = models.CharField(_("former name"), max_length=200, blank=True)
    former_name_from = models.PositiveSmallIntegerField(_("former name from"), null=True, blank=True)
    former_name_until = models.PositiveSmallIntegerField(_("former name until"), null=True, blank=True)
    acronym = models.CharField(_("acronym"), max_length=20)
    phase = models.CharField(
        _("phase"), max_length=60, blank=True, help_text=_("The name of the current phase, such as UNIC 2.0.")
    )
    phase_from = models.PositiveSmallIntegerField(_("phase from"), null=True, blank=True)
    phase_until = models.PositiveSmallIntegerField(_("phase until"), null=True, blank=True)
    pronunciation = models.CharField(
        _("pronunciation"),
        max_length=60,
        blank=True,
        help_text=_("In the International Phonetic Alphabet, with its slashes, such as /juːˈniːk/."),
    )
    pronunciation_in_words = models.CharField(
        _("pronunciation in words"),
        max_length=120,
        blank=True,
        help_text=_("The pronunciation in ordinary letters. Screen readers read this instead of the phonetic symbols."),
    )
    tagline = models.CharField(
        _("in one sentence"),
        max_length=300,
        help_text=_("A description of the alliance, shown at the top of the home page."),
    )
    introduction = RichTextField(_("introduction"), help_text=_("The introduction on the home page."))
    vision = RichTextField(_("vision"), help_text=_("The text of the page on the vision for the future."))
    host = models.ForeignKey(
        PartnerUniversity,
        models.PROTECT,
        related_name="+",
        verbose_name=_("host university"),
        help_text=_("The university that runs this site. The site presents the alliance from its point of view."),
    )
    contact = models.EmailField(
        _("contact"), blank=True, help_text=_("The e-mail address in the footer of every page.")
    )
    funding_note = models.CharField(
        _("funding line"),
        max_length=400,
        blank=True,
        help_text=_("The line on European Union funding in the footer of every page."),
    )
    logo = PictureField(
        _("logo"), upload_to="alliance", blank=True, help_text=_("PNG, JPEG or WebP, up to 5 MB. Shown in the header.")
    )
    logo_alt = models.CharField(
        _("alternative text of the logo"), max_length=200, blank=True, help_text=_("Required if there is a logo.")
    )
    emblem = PictureField(
        _("emblem"),
        upload_to="alliance",
        blank=True,
        help_text=_("The national emblem in the header. Until you upload one, the header shows a neutral shield."),
    )
    emblem_alt = models.CharField(
        _("alternative text of the emblem"),
        max_length=200,
        blank=True,
        help_text=_("Screen readers read this instead of the emblem."),
    )

    objects = AllianceQuerySet.as_manager()

    class Meta(Content.Meta):
        verbose_name = _("alliance")
        verbose_name_plural = _("alliance")
        constraints = [
            models.CheckConstraint(
                condition=Q(key="alliance"),
                name="one_alliance",
                violation_error_message=_("There is one alliance. Change it instead of adding another."),
            ),
            models.CheckConstraint(
                condition=Q(former_name_until__isnull=True)
                | Q(former_name_from__isnull=True)
                | Q(former_name_until__gte=F("former_name_from")),
                name="former_name_ends_after_it_starts",
                violation_error_message=_("The former name cannot end before it began. Check both years."),
            ),
            models.CheckConstraint(
                condition=Q(phase_until__isnull=True)
                | Q(phase_from__isnull=True)
                | Q(phase_until__gte=F("phase_from")),
                name="phase_ends_after_it_starts",
                violation_error_message=_("The phase cannot end before it began. Check both years."),
            ),
        ]

    def __str__(self):
        return self.acronym

    def key_source(self):
        return self.KEY

    def clean(self):
        require_alt_text(self, "logo", "emblem")

    def get_absolute_url(self):
        return reverse("alliance:home")

    def structured_data(self) -> dict:
        """The alliance as schema.org's Organization."""
        names = [self.acronym, self.former_name]
        return {"@type": "Organization", "name": self.name, "alternateName": [name for name in names if name]}


class FigureQuerySet(ContentQuerySet):
    def latest(self):
        """Of the figures with the same label in the source language, only the newest."""
        newest_first = [F("year").desc(), F("order").desc(), F("pk").desc()]
        label = f"label_{settings.LANGUAGE_CODE}"
        return self.alias(rank=Window(RowNumber(), partition_by=label, order_by=newest_first)).filter(rank=1)


class Figure(OrderedContent):
    """A number about the alliance or its surroundings, with the year in which it was true."""

    content_section = "figures"
    heading_field = "label"

    value = models.DecimalField(
        _("number"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_("Such as 41 or 14.4."),
    )
    label = models.CharField(
        _("what it counts"), max_length=200, help_text=_("Such as: alliances in the European Universities initiative.")
    )
    year = models.PositiveSmallIntegerField(
        _("year"), help_text=_("The year for which the number is true. Visitors see it beside the number.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Optional: more on when or why."))

    objects = FigureQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("figure")
        verbose_name_plural = _("figures")

    def __str__(self):
        return f"{self.number} ({self.year})"

    def key_source(self):
        return f"{super().key_source()} {self.year}"

    @property
    def number(self) -> str:
        """The value in the way of the active language, without needless zeros."""
        normal = self.value.normalize()
        digits = max(0, -normal.as_tuple().exponent)
        return formats.number_format(normal, decimal_pos=digits, use_l10n=True, force_grouping=True)


class KeyArea(OrderedContent):
    """A field in which the alliance sees the potential of post-industrial cities."""

    content_section = "key_areas"
    heading_field = "name"

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=400, blank=True)
    since = models.PositiveSmallIntegerField(
        _("since"),
        null=True,
        blank=True,
        help_text=_("The year in which it was added; empty if it was there from the start."),
    )

    class Meta(OrderedContent.Meta):
        verbose_name = _("key area")
        verbose_name_plural = _("key areas")

    def __str__(self):
        return self.name


class AudienceBenefit(OrderedContent):
    """What the vision promises to one group of people: students, doctoral students, researchers, staff."""

    content_section = "benefits"
    heading_field = "audience"
    body_fields = ("audience", "benefit")

    audience = models.CharField(_("who benefits"), max_length=120)
    benefit = models.TextField(_("how they benefit"), max_length=600)

    class Meta(OrderedContent.Meta):
        verbose_name = _("benefit for an audience")
        verbose_name_plural = _("benefits for audiences")

    def __str__(self):
        return self.audience


class Activity(SluggableContent):
    """Something that the alliance does, with a page of its own: a deliverable or an initiative."""

    title = models.CharField(_("title"), max_length=150, help_text=TITLE_HELP)
    summary = models.CharField(_("summary"), max_length=300, help_text=SUMMARY_HELP)
    body = RichTextField(_("text"))
    cover = cover_field()

    class Meta(SluggableContent.Meta):
        abstract = True

    def __str__(self):
        return self.title

    @property
    def meta_description(self) -> str:
        return self.summary


class Deliverable(Activity):
    """One of the key deliverables and activities of the alliance."""

    content_section = "deliverables"

    class Meta(Activity.Meta):
        verbose_name = _("deliverable")
        verbose_name_plural = _("deliverables")

    def get_absolute_url(self):
        return reverse("alliance:deliverable", args=[self.slug])


class InitiativeQuerySet(SluggableQuerySet):
    def with_parts(self):
        """Initiatives with their published parts as `published_parts`."""
        parts = models.Prefetch("parts", InitiativePart.objects.published(), to_attr="published_parts")
        return self.prefetch_related(parts)


class Initiative(Activity):
    """One of the ways in which the alliance transforms its universities, such as the campus or the CityLabs."""

    content_section = "initiatives"

    objects = InitiativeQuerySet.as_manager()

    class Meta(Activity.Meta):
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")

    def get_absolute_url(self):
        return reverse("alliance:initiative", args=[self.slug])


class InitiativePart(OrderedContent):
    """A part of an initiative; the inter-university campus has four."""

    content_section = "initiative_parts"

    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="parts", verbose_name=_("initiative"))
    title = models.CharField(_("title"), max_length=150)
    body = RichTextField(_("text"), blank=True)

    class Meta(OrderedContent.Meta):
        verbose_name = _("part of an initiative")
        verbose_name_plural = _("parts of an initiative")

    def __str__(self):
        return self.title

    def key_source(self):
        return f"{self.initiative.key} {super().key_source()}"


class TaskQuerySet(ContentQuerySet):
    def of_host(self):
        """The tasks of the university that the alliance is seen from."""
        return self.filter(partner__in=Alliance.objects.values("host"))

    def with_initiatives(self):
        """Tasks with the published initiatives that they serve as `published_initiatives`."""
        initiatives = Initiative.objects.published().only("title", "slug", "order")
        return self.prefetch_related(models.Prefetch("initiatives", initiatives, to_attr="published_initiatives"))


class Task(OrderedContent):
    """What one partner university has taken on for the alliance."""

    content_section = "tasks"

    partner = models.ForeignKey(
        PartnerUniversity, models.PROTECT, related_name="tasks", verbose_name=_("partner university")
    )
    title = models.CharField(_("title"), max_length=150)
    body = RichTextField(_("text"))
    initiatives = models.ManyToManyField(
        Initiative,
        blank=True,
        related_name="tasks",
        verbose_name=_("initiatives"),
        help_text=_("The initiatives that this task contributes to. Visitors see links to them below the task."),
    )

    objects = TaskQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self):
        return self.title

    def key_source(self):
        return f"{self.partner.key} {super().key_source()}"

    def get_absolute_url(self):
        return f"{self.partner.get_absolute_url()}#{self.key}"


class EntryPointQuerySet(ContentQuerySet):
    def with_links(self):
        """Ways in with what they link to, as far as it is published."""
        linked = [
            ("deliverables", Deliverable.objects.published().defer("body")),
            ("initiatives", Initiative.objects.published().defer("body")),
            ("pages", Page.objects.published().defer("body")),
        ]
        return self.prefetch_related(
            *(models.Prefetch(name, queryset, to_attr=f"published_{name}") for name, queryset in linked)
        )


class EntryPoint(OrderedContent):
    """A way into the site for one kind of reader: who studies, who works at a university, who lives in the city."""

    content_section = "entry_points"
    heading_field = "audience"

    audience = models.CharField(_("audience"), max_length=80, help_text=_("Such as: For students."))
    text = models.CharField(
        _("summary"), max_length=200, help_text=_("A sentence or two, above the links on the home page.")
    )
    deliverables = models.ManyToManyField(
        Deliverable,
        blank=True,
        related_name="+",
        verbose_name=_("deliverables"),
        help_text=_("The pages that this entry links to."),
    )
    initiatives = models.ManyToManyField(
        Initiative,
        blank=True,
        related_name="+",
        verbose_name=_("initiatives"),
        help_text=_("The pages that this entry links to."),
    )
    pages = models.ManyToManyField(
        Page, blank=True, related_name="+", verbose_name=_("pages"), help_text=_("The pages that this entry links to.")
    )

    objects = EntryPointQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("entry point")
        verbose_name_plural = _("entry points")

    def __str__(self):
        return self.audience

    @property
    def links(self) -> list[Content]:
        """The published deliverables, initiatives and pages that it links to; read by `with_links`."""
        return [*self.published_deliverables, *self.published_initiatives, *self.published_pages]


class MilestoneQuerySet(ContentQuerySet):
    def with_place(self):
        """Milestones with their `place` in the timeline, from 1."""
        return self.annotate(place=Window(RowNumber(), order_by=Milestone._meta.ordering))


class DatePrecision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class Milestone(Content):
    """Something that happened to the alliance, for the timeline, with the source that says so."""

    content_section = "milestones"
    body_fields = ("title", "body")

    Precision = DatePrecision

    title = models.CharField(_("title"), max_length=200)
    body = RichTextField(_("text"), blank=True)
    date = models.DateField(_("date"), help_text=_("Where only the month or year is known, choose its first day."))
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day, if it took several."))
    precision = models.CharField(
        _("date precision"),
        max_length=10,
        choices=Precision,
        default=Precision.DAY,
        help_text=_("The part of the date that is known and shown."),
    )
    source = models.CharField(
        _("source"), max_length=200, help_text=_("The source of this information, such as unic.eu news, 2023.")
    )

    class Meta(Content.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        # What is known to the year alone comes after what has a day or a month in it.
        ordering = (ExtractYear("date"), Case(When(precision="year", then=1), default=0), "date", "pk")
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

    objects = MilestoneQuerySet.as_manager()

    def __str__(self):
        return self.title

    def clean(self):
        if self.until and self.precision != self.Precision.DAY:
            raise ValidationError({"until": _("A last day needs a date that is exact to the day.")})

    def key_source(self):
        return f"{self.date.year} {super().key_source()}"

    @property
    def datetime_attribute(self) -> str:
        """The date as HTML's `datetime` attribute wants it: 2020-02-05, 2020-07 or 2021."""
        return self.date.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.precision]]

    @property
    def date_in_words(self) -> str:
        """The date or span of days, as exactly as it is known, in the way of the active language (CLDR)."""
        language = get_language()
        locale = Locale.parse(DATE_LOCALES.get(language, language))
        if self.precision == self.Precision.YEAR:
            return str(self.date.year)
        if self.precision == self.Precision.MONTH:
            return format_skeleton("yMMMM", self.date, locale=locale)
        first, last = (format_date(day, "long", locale=locale) for day in (self.date, self.until or self.date))
        # The first of a month is an ordinal number there, which CLDR's pattern does not know.
        if locale.language == "fr":
            first, last = (re.sub(r"^1 ", "1er ", day) for day in (first, last))
        if first == last:
            return first
        pattern = get_date_format("long", locale).pattern
        if (self.date.year, self.date.month) == (self.until.year, self.until.month) and pattern.startswith("d"):
            return f"{first.split()[0]}–{last}"
        return f"{first} – {last}"
