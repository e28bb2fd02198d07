"""Providers: the third parties that visitors are asked about."""

import re
from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from consent.models.purpose import Purpose
from editorial.models import ContentQuerySet, OrderedContent
from editorial.models.content import slug_of

# Entry of the consent cookie with the number of the notice. The other entries are providers.
NOTICE_ENTRY = "notice"

validate_https = URLValidator(schemes=["https"], message=_("Give a full address that starts with https://."))


def origin(url: str) -> str:
    """Return the scheme and host of `url`, as a source in a Content-Security-Policy.

    Without a valid host, return `url`, which no provider names.
    """
    try:
        parts = urlsplit(url)
        # A header has only ASCII characters.
        return f"{parts.scheme}://{punycode(parts.netloc.lower())}"
    except ValueError:
        return url


def validate_origins(text: str) -> None:
    """Raise ValidationError unless each line of `text` is an https origin without a path."""
    for line in text.split():
        validate_https(line)
        if re.search(r"[/?#]", line.rstrip("/").partition("://")[2]):
            raise ValidationError(
                _("“%(line)s” contains more than a host. Enter only the beginning, such as https://stats.example."),
                params={"line": line},
            )


class ProviderQuerySet(ContentQuerySet["Provider"]):
    def in_use(self) -> Self:
        """Return the published providers of published purposes that need consent."""
        return self.published().filter(purpose__is_published=True, purpose__is_necessary=False)


ProviderManager = models.Manager.from_queryset(ProviderQuerySet)


class Provider(OrderedContent):
    """A third party that receives data of visitors. Visitors answer each provider separately.

    The fields are the information of Article 13 GDPR. They are part of the notice: visitors are asked about them as the
    notice in force names them. A service that the site's own organisation runs is a provider too.
    """

    content_section = "providers"
    has_drafts = False
    heading_field = "name"

    purpose = models.ForeignKey(
        Purpose,
        models.PROTECT,
        related_name="providers",
        verbose_name=_("purpose"),
        limit_choices_to={"is_necessary": False},
        help_text=_("The purpose under which visitors are asked about it."),
    )
    name = models.CharField(
        _("name"), max_length=200, help_text=_("The organisation that receives the data, with its legal form.")
    )
    address = models.CharField(_("postal address"), max_length=300)
    country = CountryField(_("country"), help_text=_("Visitors see its name in their own language."))
    hosts = models.TextField(
        _("hosts"),
        blank=True,
        validators=[validate_origins],
        help_text=_(
            "All hosts that the browser contacts, one per line, such as https://stats.example. Nothing loads from any "
            "other host."
        ),
    )
    data = models.TextField(
        _("data"), max_length=600, help_text=_("The data that it receives, such as the IP address and the page.")
    )
    retention = models.CharField(_("retention"), max_length=200, help_text=_("How long it keeps the data."))
    transfer = models.TextField(
        _("transfer to a third country"),
        max_length=600,
        blank=True,
        help_text=_(
            "The country outside the European Economic Area and the safeguard, such as an adequacy decision (Article "
            "13(1)(f) GDPR). Empty if the data stay within the European Economic Area."
        ),
    )
    policy_url = models.URLField(_("address of its privacy policy"), validators=[validate_https])

    objects: ClassVar[ProviderManager] = ProviderManager()
    # Gives django-stubs the type of the related manager.
    _default_manager: ClassVar[ProviderManager]

    class Meta(OrderedContent.Meta):
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [
            models.CheckConstraint(
                condition=~Q(key=NOTICE_ENTRY),
                name="provider_key_is_not_notice",
                violation_error_message=_("The key “notice” is reserved. Choose another one."),
            )
        ]

    def __str__(self):
        return self.name

    def key_source(self) -> str:
        return f"{self.name} provider" if slug_of(self.name) == NOTICE_ENTRY else self.name

    def clean(self):
        super().clean()
        if self.purpose_id and self.purpose.is_necessary:
            raise ValidationError(
                {"purpose": _("Third parties always need consent. Choose a purpose that is not necessary.")}
            )

    @property
    def origins(self) -> list[str]:
        """Origins of `hosts`, each once, in their order."""
        return list(dict.fromkeys(origin(line) for line in self.hosts.split()))
