"""Third-party content and scripts, which load only for visitors who allowed their provider."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.embed_addresses import embed_address
from consent.models.provider import Provider, origin, validate_https, validate_origins
from editorial.models import Content, ContentQuerySet, OrderedContent

if TYPE_CHECKING:
    from consent.models.version import NoticeVersion


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


def may_load(item: "EmbeddedContent | Script", version: "NoticeVersion") -> bool:
    """Whether `item`, if it is published, may load for visitors who allow its provider while `version` is in force."""
    # A host that staff removed from the provider stops at once, without a new version.
    return item.origins <= set(item.provider.origins) and item.is_named_in(version)


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
    has_drafts = False

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
        blank=True,
        help_text=_(
            "Leave it empty for a page of YouTube, Vimeo, PeerTube or OpenStreetMap: it is filled in. For others, "
            "enter the address after src= in the provider’s embed code."
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
        if not self.frame_url:
            self.frame_url = embed_address(self.page_url)
        if not self.frame_url:
            raise ValidationError(
                {
                    "frame_url": _(
                        "The address to embed is not known for this page. Copy it from the provider’s embed code: it "
                        "stands after src=."
                    )
                }
            )
        require_named_hosts(self, "frame_url")

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        return {"frame-src": {origin(self.frame_url)}}

    @property
    def origins(self) -> set[str]:
        return set().union(*self.sources.values())

    def is_named_in(self, version: "NoticeVersion") -> bool:
        """Whether `version` names the provider with all hosts of the content."""
        return version.names(self.provider.key, self.origins)


ATTRIBUTE = re.compile(r"(data-[a-z][a-z0-9-]*)(?:=(.*))?")
# Google's consent signals. See https://developers.google.com/tag-platform/security/guides/consent.
GOOGLE_SIGNALS = ("ad_storage", "ad_user_data", "ad_personalization", "analytics_storage")


class Tool(models.TextChoices):
    """Tool whose interface static/js/scripts.js knows."""

    MATOMO = "matomo", "Matomo"
    GOOGLE = "google", _("Google tag")
    OTHER = "other", _("another tool")


def validate_attributes(text: str) -> None:
    """Raise ValidationError unless each line of `text` is a data attribute such as data-site-id=5."""
    names = []
    for line in text.splitlines():
        if not (match := ATTRIBUTE.fullmatch(line)):
            raise ValidationError(
                _("“%(line)s” is not a data attribute. Enter one per line, such as data-site-id=5, without quotes."),
                params={"line": line},
            )
        names.append(match[1])
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ValidationError(_("“%(name)s” is there twice. Keep one of them."), params={"name": repeated})


def validate_configuration(text: str) -> None:
    """Raise ValidationError unless `text` is a JSON object that browsers can read."""
    try:
        value = json.loads(text)
        # Python also reads NaN and numbers that are too large, but browsers do not.
        json.dumps(value, allow_nan=False)
    except json.JSONDecodeError as error:
        raise ValidationError(
            _("This is not JSON. Check line %(line)s: names and texts stand in straight double quotes."),
            params={"line": error.lineno},
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            _("Browsers cannot read this. Use plain numbers without NaN or Infinity, and fewer nested levels.")
        ) from error
    if not isinstance(value, dict):
        raise ValidationError(_('Enter names and values in braces, such as {"site": 5}.'))


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a positive whole number. JSON has booleans, which Python counts as numbers."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_list_of_commands(value: Any) -> bool:
    """Whether a JSON value is a list of commands of Matomo: lists that begin with a name."""
    return isinstance(value, list) and all(isinstance(item, list) and item and is_text(item[0]) for item in value)


def addresses_in(value: Any) -> Iterator[str]:
    """Yield all addresses in a JSON value."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from addresses_in(part)
    elif isinstance(value, str) and value.startswith(("https://", "http://", "//")):
        yield value


class Script(Content):
    """A third-party script, such as a visitor counter. It runs only for visitors who allowed its provider.

    static/js/scripts.js hands `configuration` to the script, and tells it of consent and withdrawal.
    """

    content_section = "scripts"
    has_drafts = False
    heading_field = "name"

    Tool = Tool

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

    tool = models.CharField(
        _("tool"),
        max_length=10,
        choices=Tool,
        default=Tool.OTHER,
        help_text=_("Matomo and the Google tag are told what the visitor allowed, and of a withdrawal."),
    )
    attributes = models.TextField(
        _("data attributes"),
        blank=True,
        validators=[validate_attributes],
        help_text=_(
            "Attributes of the script tag in the provider’s code whose names start with data-, one per line and "
            "without quotes, such as data-site-id=5."
        ),
    )
    configuration = models.TextField(
        _("configuration"),
        blank=True,
        validators=[validate_configuration],
        help_text=_(
            "JSON. For another tool, each name becomes a global variable before the script runs. Replaces inline code, "
            "which this site never runs."
        ),
    )

    objects: ClassVar[ThirdPartyManager] = ThirdPartyManager()
    # Gives django-stubs the type of the related manager.
    _default_manager: ClassVar[ThirdPartyManager]

    class Meta(Content.Meta):
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(tool__in=Tool.values),
                name="script_tool_is_known",
                violation_error_message=_("Choose a tool from the list."),
            )
        ]

    def __str__(self):
        return self.name

    def key_source(self) -> str:
        return self.name

    def clean(self):
        super().clean()
        require_named_hosts(self, "source")
        self.check_settings()

    @property
    def settings(self) -> dict[str, Any]:
        """`configuration` as names and values."""
        return json.loads(self.configuration) if self.configuration else {}

    def check_settings(self) -> None:
        """Raise ValidationError if the configuration lacks what its tool needs, or names another host."""
        try:
            if self.configuration:
                validate_configuration(self.configuration)
        except ValidationError:
            # The field has this error already.
            return
        settings = self.settings
        tracker, site = settings.get("tracker"), settings.get("site")
        if self.tool == Tool.MATOMO and not (is_text(tracker) and (is_text(site) or is_number(site))):
            raise ValidationError(
                {
                    "configuration": _(
                        "Matomo needs its address and the number of the site, such as "
                        '{"tracker": "https://stats.example/matomo.php", "site": 1}.'
                    )
                }
            )
        if self.tool == Tool.MATOMO and not is_list_of_commands(settings.get("commands", [])):
            raise ValidationError(
                {
                    "configuration": _(
                        "“commands” is a list of lists that begin with the name of a command, such as "
                        '[["setDoNotTrack", true]].'
                    )
                }
            )
        if self.tool == Tool.GOOGLE:
            signals = settings.get("signals")
            is_known = isinstance(signals, list) and bool(signals) and all(name in GOOGLE_SIGNALS for name in signals)
            if not is_text(settings.get("tag")) or not is_known:
                raise ValidationError(
                    {
                        "configuration": _(
                            'The Google tag needs "tag", such as "G-ABC123", and "signals", a list of those signals '
                            "that consent to this provider grants: %(signals)s."
                        )
                        % {"signals": ", ".join(GOOGLE_SIGNALS)}
                    }
                )
            if not isinstance(settings.get("parameters", {}), dict):
                raise ValidationError(
                    {
                        "configuration": _(
                            '“parameters” has names and values in braces, such as {"send_page_view": false}.'
                        )
                    }
                )
        if unnamed := sorted({origin(address) for address in addresses_in(settings)} - self.origins):
            raise ValidationError(
                {
                    "configuration": _(
                        "The host %(hosts)s is missing from this form. Add it under “Other hosts”, with https://."
                    )
                    % {"hosts": ", ".join(unnamed)}
                }
            )

    @property
    def as_json(self) -> str:
        """Everything that static/js/scripts.js needs to add this script to a page."""
        matches = (ATTRIBUTE.fullmatch(line) for line in self.attributes.splitlines())
        return json.dumps(
            {
                "provider": self.provider.key,
                "source": self.source,
                "hosts": sorted(self.origins),
                "tool": self.tool,
                "attributes": {match[1]: match[2] or "" for match in matches if match},
                "settings": self.settings,
            }
        )

    @property
    def sources(self) -> dict[str, set[str]]:
        """Origins that a Content-Security-Policy must allow, by directive."""
        connected = {origin(self.source), *(origin(line) for line in self.connects_to.split())}
        return {"script-src": {origin(self.source)}, "connect-src": connected, "img-src": connected}

    @property
    def origins(self) -> set[str]:
        return set().union(*self.sources.values())

    @property
    def terms(self) -> dict[str, str]:
        """Everything that decides what the script receives and does, as the notice names it."""
        return {
            "source": self.source,
            "connects_to": " ".join(self.connects_to.split()),
            "tool": self.tool,
            "attributes": self.attributes,
            "configuration": self.configuration,
        }

    def is_named_in(self, version: "NoticeVersion") -> bool:
        """Whether `version` names the provider with all hosts of the script, and this script as it is now."""
        key = self.provider.key
        return version.names(key, self.origins) and self.terms in version.optional_providers[key].get("scripts", [])
