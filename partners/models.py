"""The universities of the alliance."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, ProtectedError, Q
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from consent.models import EmbeddedContent
from editorial.fields import PictureField, RichTextField
from editorial.languages import language_name
from editorial.models import OrderedContent, SluggableContent, SluggableQuerySet, require_alt_text
from editorial.phrases import validate_language_tag
from partners.weave import THREADS
from pictures.models import cover_field

# More points would overlap on the map.
MAX_ON_MAP = 24
COORDINATOR_EXISTS = "coordinator_exists"
validate_ror = RegexValidator(
    # https://ror.readme.io/docs/identifier: base 32 without i, l, o and u, and two digits that check the others.
    r"^0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}\Z",
    _("A ROR ID has nine small letters and digits and begins with 0, such as 05cq64r17. Leave out the address."),
)
validate_erasmus_code = RegexValidator(
    # The code of the country takes three places.
    r"^([A-Z]{3}|[A-Z]{2} |[A-Z] {2})[A-Z-]{2,8}[0-9]{2,3}\Z",
    _(
        "Write the code with the country in three places, filled with spaces, in capital letters: “PL LODZ01”, "
        "“D  BOCHUM01”."
    ),
)
validate_domain = RegexValidator(
    r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z",
    _("Give a domain in small letters, without https:// and www, such as deusto.es."),
)
validate_wikidata = RegexValidator(
    r"^Q[1-9][0-9]*\Z", _("A Wikidata item is the letter Q and a number, such as Q42. Leave out the address.")
)
# Translated fields that only the page of a university needs.
LONG_TEXTS = ("description", "city_story", "alliance_role")


def long_texts_of(relation: str) -> list[str]:
    """Return the long texts of the university to which a foreign key refers, as arguments of `defer`."""
    return [f"{relation}__{name}" for name in LONG_TEXTS]


class PartnerUniversityQuerySet(SluggableQuerySet):
    def countries(self) -> set[str]:
        """The countries of these partners (ISO 3166-1 alpha-2)."""
        return set(self.order_by().values_list("country", flat=True).distinct())

    def without_long_texts(self):
        """Partners whose long texts are not read from the database."""
        return self.defer(*LONG_TEXTS)

    def for_list(self):
        """Partners without their long texts, former partners last."""
        return self.without_long_texts().order_by(F("left").asc(nulls_first=True), "order", "pk")

    def current(self):
        """Partners that have not left the alliance."""
        return self.filter(left=None)

    def for_map(self):
        """The first MAX_ON_MAP current partners, for the map and the weave pattern."""
        return self.current().defer(*LONG_TEXTS, "summary")[:MAX_ON_MAP]

    def with_own_names(self):
        """Partners with their published names in their own languages as `published_own_names`."""
        own_names = PartnerOwnName.objects.published()
        return self.prefetch_related(models.Prefetch("own_names", own_names, to_attr="published_own_names"))

    def neighbours(self, partner: "PartnerUniversity") -> tuple["PartnerUniversity | None", "PartnerUniversity | None"]:
        """The current partners directly before and after `partner`, in the order of the list.

        The first partner has None before it, the last one None after it. For a former partner, both are None.
        """
        if partner.left:
            return None, None
        before = Q(order__lt=partner.order) | Q(order=partner.order, pk__lt=partner.pk)
        after = Q(order__gt=partner.order) | Q(order=partner.order, pk__gt=partner.pk)
        current = self.current().without_long_texts().order_by("order", "pk")
        return current.filter(before).last(), current.filter(after).first()

    def matching(self, country: str = "", role: str = ""):
        """Partners in `country` (ISO 3166-1 alpha-2) and with `role`. An empty value does not filter."""
        queryset = self
        if country:
            queryset = queryset.filter(country=country)
        if role:
            queryset = queryset.filter(role=role)
        return queryset


PartnerUniversityManager = models.Manager.from_queryset(PartnerUniversityQuerySet)


class PartnerRole(models.TextChoices):
    COORDINATOR = "coordinator", _("Coordinator")
    MEMBER = "member", _("Member")


class PartnerUniversity(SluggableContent):
    """A university of the alliance, current or former. A former one has the year in which it left."""

    content_section = "partners"
    heading_field = "name"
    body_fields = ("summary", *LONG_TEXTS)

    Role = PartnerRole

    name = models.CharField(
        _("official name"), max_length=200, help_text=_("The university's name as it is used in this language.")
    )
    short_name = models.CharField(
        _("short name"), max_length=40, help_text=_("The abbreviation that the university uses for itself, such as UŁ.")
    )
    city = models.CharField(_("city"), max_length=100, help_text=_("The city's name in this language."))
    city_local = models.CharField(
        _("city, in its own language"),
        max_length=100,
        help_text=_("As the people who live there write it, such as Łódź."),
    )
    city_local_language = models.CharField(
        _("language of that name"),
        max_length=20,
        validators=[validate_language_tag],
        help_text=_("A code such as pl, so that screen readers pronounce the name well."),
    )
    city_past = models.CharField(
        _("historic industries"),
        max_length=200,
        blank=True,
        help_text=_("The industries that the city grew with, separated by commas."),
    )
    country = CountryField(_("country"), help_text=_("Visitors see its name in their own language."))
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Degrees north of the equator (WGS 84), such as 51.76."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Degrees east of Greenwich (WGS 84), such as 19.46; west is negative."),
    )
    map = models.ForeignKey(
        EmbeddedContent,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("map of the city"),
        help_text=_("Embedded content. It loads only for visitors who allow its provider or ask for it."),
    )
    role = models.CharField(
        _("role"),
        max_length=20,
        choices=Role,
        default=Role.MEMBER,
        help_text=_(
            "Exactly one university is the coordinator. To hand over the role, choose “Coordinator” for the new one."
        ),
    )
    joined = models.PositiveSmallIntegerField(
        _("joined in"),
        null=True,
        blank=True,
        help_text=_("The year. Leave empty for a founding member."),
    )
    left = models.PositiveSmallIntegerField(
        _("left in"),
        null=True,
        blank=True,
        help_text=_("The year. The university stays on the site, among the former partners."),
    )
    founded = models.PositiveSmallIntegerField(_("founded in"), help_text=_("The year, as the university counts it."))
    website = models.URLField(_("website"), help_text=_("The full address, with https:// in front."))
    contact = models.EmailField(
        _("contact"), blank=True, help_text=_("The e-mail address for questions about the alliance.")
    )
    logo = PictureField(
        _("logo"), upload_to="partners", blank=True, help_text=_("PNG, JPEG or WebP, up to 30 MB. Shown on the page.")
    )
    logo_alt = models.CharField(
        _("alternative text of the logo"),
        max_length=200,
        blank=True,
        help_text=_("Screen readers read this instead of the picture. Required if there is a logo."),
    )
    summary = models.CharField(
        _("summary"),
        max_length=300,
        help_text=_("One or two sentences, for lists and search engines."),
    )
    description = RichTextField(_("description"), blank=True)
    cover = cover_field()
    students = models.PositiveIntegerField(
        _("students"), null=True, blank=True, help_text=_("How many people study there. Give the year too.")
    )
    students_year = models.PositiveSmallIntegerField(
        _("year of this number"),
        null=True,
        blank=True,
        help_text=_("The year for which the number is true. Visitors see it beside the number."),
    )
    students_source = models.CharField(
        _("source of this number"),
        max_length=200,
        blank=True,
        help_text=_("The title of the page or document that this comes from."),
    )
    students_source_url = models.URLField(
        _("address of this source"), max_length=500, blank=True, help_text=_("Visitors see the source as a link.")
    )
    city_story = RichTextField(
        _("story of the city"),
        blank=True,
        help_text=_("What the city lived from, how that ended, and what is there now: places, years, numbers."),
    )
    city_source = models.CharField(
        _("source of the story"),
        max_length=200,
        blank=True,
        help_text=_("The title of the page or document that this comes from."),
    )
    city_source_language = models.CharField(
        _("language of the source"),
        max_length=20,
        blank=True,
        validators=[validate_language_tag],
        help_text=_("A code such as pl, nl or eu, if the source is not in the first language of this site."),
    )
    city_source_url = models.URLField(
        _("address of the source"), max_length=500, blank=True, help_text=_("Visitors see the source as a link.")
    )
    alliance_role = RichTextField(
        _("what the alliance means there"),
        blank=True,
        help_text=_("What this university does in the alliance, and what the alliance has changed there."),
    )
    ror = models.CharField(
        _("ROR ID"),
        max_length=9,
        blank=True,
        validators=[validate_ror],
        help_text=_("The end of its address in the Research Organization Registry: 05cq64r17 of ror.org/05cq64r17."),
    )
    wikidata = models.CharField(
        _("Wikidata item"),
        max_length=20,
        blank=True,
        validators=[validate_wikidata],
        help_text=_("The end of its address in Wikidata, the letter Q and a number."),
    )
    erasmus_code = models.CharField(
        _("Erasmus code"),
        max_length=14,
        blank=True,
        validators=[validate_erasmus_code],
        help_text=_("As in Erasmus+ forms, with its spaces: “PL LODZ01”, “D  BOCHUM01”."),
    )
    domain = models.CharField(
        _("home organisation (SCHAC)"),
        max_length=100,
        blank=True,
        validators=[validate_domain],
        help_text=_("The domain by which sign-in across universities knows it, such as deusto.es."),
    )

    # Set by `with_own_names`.
    published_own_names: list["PartnerOwnName"]

    objects: ClassVar[PartnerUniversityManager] = PartnerUniversityManager()

    class Meta(SluggableContent.Meta):
        verbose_name = _("partner university")
        verbose_name_plural = _("partner universities")
        indexes = [models.Index(fields=["logo"], name="partner_of_logo")]
        constraints = [
            models.UniqueConstraint(
                fields=["role"],
                condition=Q(role="coordinator"),
                name="one_coordinator",
                violation_error_code=COORDINATOR_EXISTS,
                violation_error_message=_("Another university is already the coordinator."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=PartnerRole.values),
                name="role_is_known",
                violation_error_message=_("Choose a role from the list."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)),
                name="coordinates_on_earth",
                violation_error_message=_("Latitude lies between −90 and 90, longitude between −180 and 180."),
            ),
            models.CheckConstraint(
                condition=Q(founded__gte=800) & Q(founded__lte=2200),
                name="founded_in_a_plausible_year",
                violation_error_message=_("The founding year must lie between 800 and 2200."),
            ),
            models.CheckConstraint(
                condition=Q(joined__isnull=True) | Q(joined__gte=F("founded")),
                name="joined_not_before_founded",
                violation_error_message=_("A university cannot join before it was founded. Check both years."),
            ),
            models.CheckConstraint(
                condition=Q(left__isnull=True) | Q(joined__isnull=True) | Q(left__gte=F("joined")),
                name="left_not_before_joined",
                violation_error_message=_("A university cannot leave before it joined. Check both years."),
            ),
            models.CheckConstraint(
                condition=Q(left__isnull=True) | ~Q(role="coordinator"),
                name="coordinator_has_not_left",
                violation_error_message=_("The coordinator cannot have left. Hand the role over first."),
            ),
            models.CheckConstraint(
                condition=Q(students__isnull=True) | Q(students_year__isnull=False),
                name="number_of_students_has_a_year",
                violation_error_message=_("Give the year for which the number of students is true."),
            ),
        ]

    def __str__(self):
        return self.name

    def delete(self, *args, **kwargs):
        """Delete the university. Raises ProtectedError for the coordinator, because the alliance always has one."""
        if self.is_coordinator:
            raise ProtectedError(gettext("The coordinator cannot be deleted. Hand the role over first."), {self})
        return super().delete(*args, **kwargs)

    @transaction.atomic
    def save(self, *args, **kwargs):
        """Save the university. If it is the coordinator, the previous coordinator becomes a member."""
        if self.is_coordinator:
            previous = type(self).objects.filter(role=self.Role.COORDINATOR).exclude(pk=self.pk)
            previous.update(role=self.Role.MEMBER)
        super().save(*args, **kwargs)

    def clean(self):
        require_alt_text(self, "logo")
        was_coordinator = type(self).objects.filter(pk=self.pk, role=self.Role.COORDINATOR).exists()
        if was_coordinator and not self.is_coordinator:
            raise ValidationError(
                {
                    "role": _(
                        "The alliance always has a coordinator. Choose “Coordinator” for the university that "
                        "takes over."
                    )
                }
            )

    def validate_constraints(self, exclude=None):
        """Raise ValidationError for violated constraints.

        A second coordinator is not an error, because `save` resolves it.
        """
        try:
            super().validate_constraints(exclude)
        except ValidationError as error:
            remaining = {
                name: others
                for name, errors in error.error_dict.items()
                if (others := [item for item in errors if item.code != COORDINATOR_EXISTS])
            }
            if remaining:
                raise ValidationError(remaining) from None

    def get_absolute_url(self):
        return reverse("partners:detail", args=[self.slug])

    @property
    def meta_description(self) -> str:
        return self.summary

    @property
    def position_in_words(self) -> str:
        """Latitude and longitude in the format of the active language, such as 51.76° N, 19.46° E."""
        latitude, longitude = (formats.number_format(abs(value), 2) for value in (self.latitude, self.longitude))
        north_or_south = pgettext("latitude", "N") if self.latitude >= 0 else pgettext("latitude", "S")
        east_or_west = pgettext("longitude", "E") if self.longitude >= 0 else pgettext("longitude", "W")
        return f"{latitude}°\N{NO-BREAK SPACE}{north_or_south}, {longitude}°\N{NO-BREAK SPACE}{east_or_west}"

    @property
    def students_in_digits(self) -> str:
        """The number of students in the number format of the active language."""
        return formats.number_format(self.students or 0, use_l10n=True, force_grouping=True)

    @property
    def ror_url(self) -> str:
        return f"https://ror.org/{self.ror}" if self.ror else ""

    @property
    def wikidata_url(self) -> str:
        return f"https://www.wikidata.org/wiki/{self.wikidata}" if self.wikidata else ""

    @property
    def identifiers(self) -> list[tuple[str, str]]:
        """The names of the registers that know the university, and its identifiers there."""
        registers = [("ROR", self.ror), ("Wikidata", self.wikidata), ("Erasmus", self.erasmus_code)]
        return [(name, value) for name, value in (*registers, ("SCHAC", self.domain)) if value]

    def structured_data(self) -> dict:
        """The university as CollegeOrUniversity of schema.org. Needs `with_own_names`."""
        return {
            "@type": "CollegeOrUniversity",
            "name": self.name,
            "alternateName": [own_name.name for own_name in self.published_own_names],
            "foundingDate": str(self.founded),
            "sameAs": [self.website, self.ror_url, self.wikidata_url],
            "identifier": [
                {"@type": "PropertyValue", "propertyID": name, "value": value} for name, value in self.identifiers
            ],
            "address": {
                "@type": "PostalAddress",
                "addressLocality": self.city,
                "addressCountry": str(self.country),
            },
            "geo": {
                "@type": "GeoCoordinates",
                "latitude": float(self.latitude),
                "longitude": float(self.longitude),
            },
        }

    @property
    def thread(self) -> int:
        """The number of the thread colour of this university, from 1 to THREADS."""
        return (self.order - 1) % THREADS + 1

    @property
    def is_coordinator(self) -> bool:
        return self.role == self.Role.COORDINATOR

    @property
    def membership_note(self) -> str:
        """A sentence with the years of joining and leaving; empty for a founding member that has not left."""
        if self.left and self.joined:
            return gettext("Member from %(joined)s to %(left)s") % {"joined": self.joined, "left": self.left}
        if self.left:
            return gettext("Founding member until %(left)s") % {"left": self.left}
        if self.joined:
            return gettext("Joined in %(joined)s") % {"joined": self.joined}
        return ""


class PartnerOwnName(OrderedContent):
    """The name of a university in one of its own languages. Deusto, for example, has a Spanish and a Basque name."""

    content_section = "own_names"
    heading_field = "name"
    parent_fields = ("partner",)

    partner = models.ForeignKey(
        PartnerUniversity, models.CASCADE, related_name="own_names", verbose_name=_("partner university")
    )
    language = models.CharField(
        _("language"),
        max_length=20,
        validators=[validate_language_tag],
        help_text=_("A code such as nl, eu or ga (BCP 47). Screen readers use it to choose a voice."),
    )
    name = models.CharField(_("name"), max_length=200)

    class Meta(OrderedContent.Meta):
        verbose_name = _("name in its own language")
        verbose_name_plural = _("names in its own languages")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "language"],
                name="one_own_name_a_language",
                violation_error_message=_("This university has a name in that language already."),
            )
        ]

    def __str__(self):
        return self.name

    def key_source(self):
        return f"{self.partner.key} {self.language}"

    @property
    def language_name(self) -> str:
        return language_name(self.language)
