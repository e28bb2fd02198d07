"""Purposes of cookies, which staff edit."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
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
    """A purpose under which visitors answer each provider separately. A necessary purpose needs no consent."""

    content_section = "purposes"
    has_drafts = False
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

    def clean(self):
        super().clean()
        if self.pk and self.is_necessary and self.providers.exists():
            raise ValidationError(
                {"is_necessary": _("Third parties always need consent. Move the providers to another purpose first.")}
            )
        if self.pk and not self.is_necessary and self.cookies.exists():
            raise ValidationError(
                {"is_necessary": _("This site itself sets cookies for this purpose. Give them a provider first.")}
            )
