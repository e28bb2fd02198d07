"""Declared cookies and other browser storage, which staff edit."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.timesince import TIME_STRINGS
from django.utils.translation import gettext_lazy as _

from consent.models.provider import Provider
from consent.models.purpose import Purpose
from editorial.models import ContentQuerySet, OrderedContent

# Seconds of each unit. A month has 30 days, a year 365, as in a cookie's Max-Age.
SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "month": 2_592_000, "year": 31_536_000}

validate_domain = RegexValidator(
    r"^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+\Z", _("Enter a domain in small letters, such as example.org.")
)


class StorageKind(models.TextChoices):
    COOKIE = "cookie", _("cookie")
    LOCAL_STORAGE = "local", _("local storage")
    SESSION_STORAGE = "session", _("session storage")
    INDEXED_DB = "indexeddb", _("database in the browser")


class LifetimeUnit(models.TextChoices):
    MINUTE = "minute", _("minutes")
    HOUR = "hour", _("hours")
    DAY = "day", _("days")
    MONTH = "month", _("months")
    YEAR = "year", _("years")
    SESSION = "session", _("until the browser or the tab is closed")
    UNLIMITED = "unlimited", _("until it is deleted in the browser")


# Cookies of this site that have settings.COOKIE_PREFIX, by their names without it.
PREFIXED = {"cookie_consent", "cookie_consent_receipt", "cookie_consent_idempotency", "sessionid", "csrftoken"}
# Units without a number.
OPEN_UNITS = (LifetimeUnit.SESSION, LifetimeUnit.UNLIMITED)


class DeclaredCookieQuerySet(ContentQuerySet["DeclaredCookie"]):
    """Without methods of its own. django-stubs needs it for the type of the related managers."""


DeclaredCookieManager = models.Manager.from_queryset(DeclaredCookieQuerySet)


class DeclaredCookie(OrderedContent):
    """A cookie or other browser storage, with the information that the law requires.

    It belongs to a necessary purpose if this site itself sets it, and otherwise to a provider. See Article 5(3) of the
    ePrivacy Directive and Article 13 GDPR.
    """

    content_section = "cookies"
    parent_fields = ("purpose", "provider")
    has_drafts = False
    heading_field = "name"

    Kind = StorageKind
    Unit = LifetimeUnit

    purpose = models.ForeignKey(
        Purpose,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cookies",
        verbose_name=_("purpose"),
        limit_choices_to={"is_necessary": True},
        help_text=_("Only for cookies of this site itself, which are necessary."),
    )
    provider = models.ForeignKey(
        Provider,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cookies",
        verbose_name=_("provider"),
        help_text=_("The organisation that sets it and can read it."),
    )
    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_("The technical name. An asterisk at the end stands for any ending, as in _ga_*."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COOKIE)
    domain = models.CharField(
        _("domain"),
        max_length=200,
        blank=True,
        validators=[validate_domain],
        help_text=_(
            "Only for a cookie of another domain: a parent domain of this site, or the domain of the provider."
        ),
    )
    description = models.CharField(_("what it is for"), max_length=300)
    lifetime = models.PositiveIntegerField(_("duration"), null=True, blank=True, help_text=_("A number, such as 6."))
    unit = models.CharField(_("unit of the duration"), max_length=10, choices=Unit, default=Unit.SESSION)

    objects: ClassVar[DeclaredCookieManager] = DeclaredCookieManager()
    # Gives django-stubs the type of the related manager.
    _default_manager: ClassVar[DeclaredCookieManager]

    class Meta(OrderedContent.Meta):
        verbose_name = _("cookie")
        verbose_name_plural = _("cookies")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StorageKind.values),
                name="cookie_kind_is_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            models.CheckConstraint(
                condition=Q(unit__in=LifetimeUnit.values),
                name="cookie_unit_is_known",
                violation_error_message=_("Choose a unit from the list."),
            ),
            models.CheckConstraint(
                condition=Q(unit__in=OPEN_UNITS, lifetime__isnull=True)
                | (~Q(unit__in=OPEN_UNITS) & Q(lifetime__isnull=False)),
                name="cookie_lifetime_has_a_number",
                violation_error_message=_(
                    "Enter a number for minutes, hours, days, months or years, and none otherwise."
                ),
            ),
            models.CheckConstraint(
                condition=Q(purpose__isnull=True, provider__isnull=False)
                | Q(purpose__isnull=False, provider__isnull=True),
                name="cookie_has_purpose_or_provider",
                violation_error_message=_("Choose either a necessary purpose or a provider."),
            ),
        ]

    def __str__(self):
        return self.name

    def key_source(self) -> str:
        return self.name

    def clean(self):
        super().clean()
        if self.purpose and not self.purpose.is_necessary:
            raise ValidationError({"purpose": _("Cookies for a purpose that needs consent belong to a provider.")})

    @property
    def full_name(self) -> str:
        """The name in the browser, with the prefix of this site's own cookies."""
        is_prefixed = self.purpose_id is not None and self.name in PREFIXED
        return f"{settings.COOKIE_PREFIX}{self.name}" if is_prefixed else self.name

    @property
    def seconds(self) -> int | None:
        """Duration in seconds: 0 for a session, None without a limit."""
        if self.unit in OPEN_UNITS:
            return 0 if self.unit == LifetimeUnit.SESSION else None
        return (self.lifetime or 0) * SECONDS[self.unit]

    @property
    def duration(self) -> str:
        """Duration in the active language, such as "6 months"."""
        if self.unit in OPEN_UNITS:
            return self.get_unit_display()
        # Some of Django's translations end with a space.
        return str(TIME_STRINGS[self.unit] % {"num": self.lifetime}).strip()
