"""Third-party content and scripts, which load only for visitors who allowed their provider."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.provider import Provider, origin, validate_https, validate_origins
from editorial.models import Content, ContentQuerySet, OrderedContent


def require_named_hosts(item: "EmbeddedContent | Script", field: str) -> None:
    """Raise ValidationError on `field` if the provider of `item` does not name all of its hosts."""
    if not item.provider_id:
        return
    if unnamed := sorted(item.origins - set(item.provider.origins)):
        raise ValidationError(
            {
                field: _(
                    "%(provider)s does not name the host %(hosts)s. Add it to the provider. It loads after a new "
                    "version of the notice is in force."
                )
                % {"provider": item.provider, "hosts": ", ".join(unnamed)}
            }
        )


class ThirdPartyQuerySet(ContentQuerySet):
    def optional(self) -> Self:
        """Return the published items of providers that are in use, with their provider and its purpose."""
        return self.published().filter(provider__in=Provider.objects.in_use()).select_related("provider__purpose")


ThirdPartyManager = models.Manager.from_queryset(ThirdPartyQuerySet)


class FrameShape(models.TextChoices):
    WIDE = "wide", _("wide, 16:9")
    CLASSIC = "classic", _("4:3")
    SQUARE = "square", _("square")
    TALL = "tall", _("tall, 9:16")


class EmbeddedContent(OrderedContent):
    """A video, map or post of another site. It replaces a paragraph that contains only a link to it."""

    content_section = "embeds"

    Shape = FrameShape

    title = models.CharField(
        _("title"), max_length=200, help_text=_("A description of the content. Screen readers read it as well.")
    )
    provider = models.ForeignKey(
        Provider,
        models.PROTECT,
        related_name="embeds",
        verbose_name=_("provider"),
        help_text=_("It loads only for visitors who allow this provider, as the notice in force names it."),
    )
    page_url = models.URLField(
        _("address of its page"),
        unique=True,
        validators=[validate_https],
        help_text=_("To show the content in a text, put a link to this address in a paragraph of its own."),
    )
    frame_url = models.URLField(
        _("address to embed"),
        validators=[validate_https],
        help_text=_(
            "The address after src= in the provider’s embed code, such as https://www.youtube-nocookie.com/embed/…"
        ),
    )
    shape = models.CharField(_("shape"), max_length=10, choices=Shape, default=Shape.WIDE)

    objects: ClassVar[ThirdPartyManager] = ThirdPartyManager()
    # Gives django-stubs the type of the related manager.
    _default_manager: ClassVar[ThirdPartyManager]

    class Meta(OrderedContent.Meta):
        verbose_name = _("embedded content")
        verbose_name_plural = _("embedded content")
        constraints = [
            models.CheckConstraint(
                condition=Q(shape__in=FrameShape.values),
                name="embed_shape_is_known",
                violation_error_message=_("Choose a shape from the list."),
            )
        ]

    def __str__(self):
        return self.title

    def clean(self):
        super().clean()
        require_named_hosts(self, "frame_url")

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        return {"frame-src": {origin(self.frame_url)}}

    @property
    def origins(self) -> set[str]:
        return set().union(*self.sources.values())


class Script(Content):
    """A third-party script, such as a visitor counter. It runs only for visitors who allowed its provider."""

    content_section = "scripts"
    heading_field = "name"

    name = models.CharField(_("name"), max_length=100)
    provider = models.ForeignKey(
        Provider,
        models.PROTECT,
        related_name="scripts",
        verbose_name=_("provider"),
        help_text=_("It runs only for visitors who allow this provider, as the notice in force names it."),
    )
    source = models.URLField(
        _("address of the script"),
        validators=[validate_https],
        help_text=_("The address after src= in the provider’s code."),
    )
    connects_to = models.TextField(
        _("other hosts"),
        blank=True,
        validators=[validate_origins],
        help_text=_(
            "Other hosts that it sends data to or loads pictures from, one per line, such as https://stats.example."
        ),
    )

    objects: ClassVar[ThirdPartyManager] = ThirdPartyManager()
    # Gives django-stubs the type of the related manager.
    _default_manager: ClassVar[ThirdPartyManager]

    class Meta(Content.Meta):
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        ordering = ("pk",)

    def __str__(self):
        return self.name

    def key_source(self) -> str:
        return self.name

    def clean(self):
        super().clean()
        require_named_hosts(self, "source")

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        connected = {origin(self.source), *(origin(line) for line in self.connects_to.split())}
        return {"script-src": {origin(self.source)}, "connect-src": connected, "img-src": connected}

    @property
    def origins(self) -> set[str]:
        return set().union(*self.sources.values())
