"""Third-party content and scripts, which load only for visitors who granted their purpose."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.purpose import Purpose
from editorial.models import Content, ContentQuerySet, OrderedContent

validate_https = URLValidator(schemes=["https"], message=_("Give a full address that starts with https://."))


def origin(url: str) -> str:
    """Return the scheme and host of `url`, as a source in a Content-Security-Policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def validate_origins(text: str) -> None:
    """Raise ValidationError unless each line of `text` is an https origin without a path."""
    for line in text.split():
        validate_https(line)
        if line.rstrip("/").lower() != origin(line):
            raise ValidationError(
                _("“%(line)s” contains more than a host. Enter only the beginning, such as https://stats.example."),
                params={"line": line},
            )


def require_consent(item: "EmbeddedContent | Script") -> None:
    """Raise ValidationError if the purpose of `item` is necessary and so needs no consent."""
    if item.purpose_id and item.purpose.is_necessary:
        raise ValidationError(
            {"purpose": _("Third-party content always needs consent. Choose a purpose that is not necessary.")}
        )


class ThirdPartyQuerySet(ContentQuerySet):
    def optional(self) -> Self:
        """Return the published items whose purpose needs consent, with their purpose."""
        return self.published().filter(purpose__is_necessary=False).select_related("purpose")


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
    provider = models.CharField(
        _("provider"), max_length=200, help_text=_("The company that sends the content and so learns of the visit.")
    )
    purpose = models.ForeignKey(
        Purpose,
        models.PROTECT,
        related_name="embeds",
        verbose_name=_("purpose"),
        help_text=_("It loads only for visitors who allow this purpose."),
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
        require_consent(self)

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        return {"frame-src": {origin(self.frame_url)}}


class Script(Content):
    """A third-party script, such as a visitor counter. It runs only for visitors who granted its purpose."""

    content_section = "scripts"
    heading_field = "name"

    name = models.CharField(_("name"), max_length=100)
    provider = models.CharField(
        _("provider"), max_length=200, help_text=_("The company that sends the script and so learns of each visit.")
    )
    purpose = models.ForeignKey(
        Purpose,
        models.PROTECT,
        related_name="scripts",
        verbose_name=_("purpose"),
        help_text=_("It runs only for visitors who allow this purpose."),
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
        require_consent(self)

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        connected = {origin(self.source), *(origin(line) for line in self.connects_to.split())}
        return {"script-src": {origin(self.source)}, "connect-src": connected, "img-src": connected}
