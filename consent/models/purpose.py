"""Purposes and their declared cookies, which staff edit."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from editorial.models import ContentQuerySet, OrderedContent


class PurposeQuerySet(ContentQuerySet["Purpose"]):
    def necessary(self) -> Self:
        """Return the purposes that need no consent."""
        return self.filter(is_necessary=True)

    def optional(self) -> Self:
        """Return the purposes that need consent."""
        return self.filter(is_necessary=False)


PurposeManager = models.Manager.from_queryset(PurposeQuerySet)


class Purpose(OrderedContent):
    """A purpose of cookies. Visitors answer each purpose separately. A necessary purpose needs no consent."""

    content_section = "purposes"
    heading_field = "name"

    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(
        _("description"), max_length=600, help_text=_("Explain in plain language what happens with the data.")
    )
    is_necessary = models.BooleanField(
        _("necessary"),
        default=False,
        help_text=_("Without it the site cannot do what the visitor asks for (Article 5(3) ePrivacy Directive)."),
    )

    objects: ClassVar[PurposeManager] = PurposeManager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")

    def __str__(self):
        return self.name


class DeclaredCookieQuerySet(ContentQuerySet["DeclaredCookie"]):
    def storage_purposes(self) -> set[str]:
        """Return the keys of the purposes that use browser storage other than cookies."""
        return set(self.exclude(kind=DeclaredCookie.Kind.COOKIE).values_list("purpose__key", flat=True))


DeclaredCookieManager = models.Manager.from_queryset(DeclaredCookieQuerySet)


class StorageKind(models.TextChoices):
    COOKIE = "cookie", _("cookie")
    LOCAL_STORAGE = "local", _("local storage")
    SESSION_STORAGE = "session", _("session storage")
    INDEXED_DB = "indexeddb", _("database in the browser")


class DeclaredCookie(OrderedContent):
    """A cookie or other browser storage of the site, with the information that the law requires.

    See Article 5(3) of the ePrivacy Directive and Article 13 GDPR.
    """

    content_section = "cookies"
    heading_field = "name"

    Kind = StorageKind

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="cookies", verbose_name=_("purpose"))
    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_("The technical name. An asterisk at the end stands for any ending, as in _ga_*."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COOKIE)
    provider = models.CharField(
        _("provider"), max_length=200, help_text=_("The organisation that sets it and can read it.")
    )
    description = models.CharField(_("what it is for"), max_length=300)
    duration = models.CharField(_("duration"), max_length=100, help_text=_("How long it is kept, such as 6 months."))

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
            )
        ]

    def __str__(self):
        return self.name

    def key_source(self) -> str:
        return self.name
