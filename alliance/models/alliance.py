"""The alliance itself: names, texts, figures, key areas and benefits."""

from typing import ClassVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.fields import PictureField, PictureFile, RichTextField
from editorial.models import Content, ContentQuerySet, OrderedContent, require_alt_text
from partners.models import PartnerUniversity, long_texts_of
from topics.models import Sourced

# Browsers ask for this width at least (W3C, Web Application Manifest).
MIN_ICON_WIDTH = 192


def is_icon(picture: PictureFile) -> bool:
    """Whether a picture is square, and large enough for home screens."""
    return picture.width == picture.height and picture.width >= MIN_ICON_WIDTH


class AllianceQuerySet(ContentQuerySet):
    def with_host(self):
        """The alliance with its host university, without the long texts of the host."""
        return self.select_related("host").defer(*long_texts_of("host"))


AllianceManager = models.Manager.from_queryset(AllianceQuerySet)


class Alliance(Content):
    """The alliance, presented by one of its universities, the host. There is exactly one row."""

    content_section = "alliance"
    heading_field = "acronym"
    body_fields = ("tagline", "introduction")
    identity_fields = ("acronym", "host")
    KEY = "alliance"

    name = models.CharField(_("name"), max_length=200, help_text=_("The current name of the alliance."))
    name_since = models.PositiveSmallIntegerField(_("name since"), help_text=_("The year."))
    former_name = models.CharField(_("former name"), max_length=200, blank=True)
    former_name_from = models.PositiveSmallIntegerField(_("former name from"), null=True, blank=True)
    former_name_until = models.PositiveSmallIntegerField(_("former name until"), null=True, blank=True)
    acronym = models.CharField(_("acronym"), max_length=20)
    phase = models.CharField(
        _("phase"), max_length=60, blank=True, help_text=_("The name of the current phase, such as Phase 2.")
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
        help_text=_(
            "Shown at the top of the home page and of the page about the alliance if they have no lead paragraph."
        ),
    )
    introduction = RichTextField(_("introduction"), help_text=_("The text of the page about the alliance."))
    vision = RichTextField(_("vision"), help_text=_("The text of the page on the vision for the future."))
    lines_heading = models.CharField(
        _("heading of thematic lines"),
        max_length=80,
        blank=True,
        help_text=_("What the alliance calls its thematic lines, in the plural. Shown on their page."),
    )
    city_lines_heading = models.CharField(
        _("heading of work with a city"),
        max_length=80,
        blank=True,
        help_text=_("What the alliance calls its work with single cities, in the plural. Shown on the same page."),
    )
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
        _("logo"), upload_to="alliance", blank=True, help_text=_("PNG, JPEG or WebP, up to 30 MB. Shown in the header.")
    )
    logo_alt = models.CharField(
        _("alternative text of the logo"), max_length=200, blank=True, help_text=_("Required if there is a logo.")
    )
    emblem = PictureField(
        _("emblem"),
        upload_to="alliance",
        blank=True,
        help_text=_("The national emblem in the header, if the law asks for one. PNG, JPEG or WebP, up to 30 MB."),
    )
    emblem_alt = models.CharField(
        _("alternative text of the emblem"),
        max_length=200,
        blank=True,
        help_text=_("Screen readers read this instead of the emblem."),
    )
    icon = PictureField(
        _("icon"),
        upload_to="alliance",
        blank=True,
        help_text=_(
            "The icon in browser tabs and on home screens: a square PNG, 512 pixels wide. Without one, the icon shows "
            "woven threads."
        ),
    )

    objects: ClassVar[AllianceManager] = AllianceManager()

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
        icon = cast(PictureFile, self.icon)
        # The file of a stored icon may be unreadable now, which is no error of the form.
        if icon and icon.is_new and not is_icon(icon):
            message = _("The icon must be square and at least %(pixels)s pixels wide. Crop it and upload it again.")
            raise ValidationError({"icon": ValidationError(message, params={"pixels": MIN_ICON_WIDTH})})

    def get_absolute_url(self):
        return reverse("alliance:home")

    @property
    def is_host(self) -> bool:
        """Whether this is the site of one university, so that the name of the host would repeat that of the site."""
        return self.name == self.host.name

    def structured_data(self) -> dict:
        """The alliance as Organization of schema.org."""
        return {"@type": "Organization", "name": self.name, "alternateName": [self.acronym, self.former_name]}


def missing_alliance() -> list[str]:
    """Return a sentence if there is no alliance."""
    return [] if Alliance.objects.exists() else ["alliance.alliance. Without it, the home page is an error page."]


class FigureQuerySet(ContentQuerySet):
    def newest_per_label(self):
        """Only the newest of the figures with the same label in the source language."""
        newest_first = [F("year").desc(), F("order").desc(), F("pk").desc()]
        label = build_localized_fieldname("label", settings.LANGUAGE_CODE)
        return self.alias(rank=Window(RowNumber(), partition_by=label, order_by=newest_first)).filter(rank=1)


FigureManager = models.Manager.from_queryset(FigureQuerySet)


class Figure(Sourced, OrderedContent):
    """A number about the alliance or its environment, with its year."""

    content_section = "figures"
    shown_on = "alliance:about"
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

    objects: ClassVar[FigureManager] = FigureManager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("figure")
        verbose_name_plural = _("figures")

    def __str__(self):
        return f"{self.number} ({self.year})"

    def key_source(self):
        return f"{super().key_source()} {self.year}"

    @property
    def number(self) -> str:
        """The value in the number format of the active language, without trailing zeros."""
        normal = self.value.normalize()
        digits = max(0, -int(normal.as_tuple().exponent))
        return formats.number_format(normal, decimal_pos=digits, use_l10n=True, force_grouping=True)


class KeyArea(OrderedContent):
    """A field in which the alliance works."""

    content_section = "key_areas"
    shown_on = "alliance:about"
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
    """The benefit that the vision promises to one audience, such as students or researchers."""

    content_section = "benefits"
    shown_on = "alliance:vision"
    heading_field = "audience"
    body_fields = ("audience", "benefit")

    audience = models.CharField(_("who benefits"), max_length=120)
    benefit = models.TextField(_("how they benefit"), max_length=600)

    class Meta(OrderedContent.Meta):
        verbose_name = _("benefit for an audience")
        verbose_name_plural = _("benefits for audiences")

    def __str__(self):
        return self.audience
