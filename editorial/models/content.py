"""Base classes of all edited content."""

from itertools import chain, count

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from editorial.alphabet import fold
from editorial.texts import TranslatedFields

validate_key = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters, digits and single hyphens."))


def slug_of(text: str) -> str:
    """`text` as it may stand in an address: "Uniwersytet Łódzki" → "uniwersytet-lodzki"."""
    return slugify(fold(text))


def first_free_name(stem: str, taken) -> str:
    """`stem`, or the first of `stem-2`, `stem-3` … that is not in `taken`."""
    taken = set(taken)
    return next(name for name in chain([stem], (f"{stem}-{n}" for n in count(2))) if name not in taken)


def is_filled(column: str) -> Q:
    return Q(**{f"{column}__isnull": False}) & ~Q(**{column: ""})


class ContentQuerySet(models.QuerySet):
    def get_by_natural_key(self, key: str):
        return self.get(key=key)

    def published(self):
        """Only what visitors may see."""
        return self.filter(is_published=True)

    def languages(self, *fields: str) -> set[str]:
        """The languages in which each of these has all that the source language has of `fields`, or of its body."""
        lacking = dict.fromkeys(settings.CONTENT_LANGUAGES, Q())
        for name in fields or self.model.body_fields:
            for code in lacking:
                lacking[code] |= is_filled(f"{name}_{settings.LANGUAGE_CODE}") & ~is_filled(f"{name}_{code}")
        counts = {code: models.Count("pk", filter=condition) for code, condition in lacking.items()}
        return {code for code, lack in self.order_by().aggregate(**counts).items() if not lack}


class Content(models.Model):
    """Something that staff edit and that the content files can carry.

    `content_section` names its table in content/<language>.toml; `key` names the one item in it, in every
    language and for good, so that a file can be loaded twice and moved to another site.
    """

    content_section: str
    # The field whose words name the item.
    heading_field = "title"
    # The fields that make up the body of its page.
    body_fields = ("body",)

    key = models.CharField(
        _("key"),
        max_length=100,
        unique=True,
        editable=False,
        validators=[validate_key],
        help_text=_("The name of this item in the content files."),
    )
    is_published = models.BooleanField(
        _("shown on the site"),
        default=True,
        help_text=_("Untick to keep this away from visitors while you work on it. Nothing is deleted."),
    )
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("add", "change", "delete", "view", "publish", "translate")

    def save(self, *args, **kwargs):
        if not self.key:
            self.key = self._free_key()
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    @cached_property
    def translated(self) -> TranslatedFields:
        """The translated fields as pages show them."""
        return TranslatedFields(self)

    def languages(self) -> set[str]:
        """The languages that have all that the source language has of the body."""
        source = [name for name in self.body_fields if getattr(self, f"{name}_{settings.LANGUAGE_CODE}")]
        return {code for code in settings.CONTENT_LANGUAGES if all(getattr(self, f"{name}_{code}") for name in source)}

    def natural_key(self) -> tuple[str]:
        return (self.key,)

    def key_source(self) -> str:
        """The text that a new item's key is made from: its heading in the source language."""
        return getattr(self, f"{self.heading_field}_{settings.LANGUAGE_CODE}") or ""

    def _free_key(self) -> str:
        stem = slug_of(self.key_source())[:80].strip("-") or self._meta.model_name
        return first_free_name(stem, type(self).objects.filter(key__startswith=stem).values_list("key", flat=True))


class OrderedContent(Content):
    """Content that stands in an order which staff choose by number."""

    order = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("Smaller numbers come first. Items with equal numbers are sorted by age.")
    )

    class Meta(Content.Meta):
        abstract = True
        ordering = ("order", "pk")


def require_words_for(item: Content, *pictures: str):
    """Raise ValidationError where one of `item`'s pictures has no description in the source language."""
    for picture in pictures:
        words = f"{picture}_alt_{settings.LANGUAGE_CODE}"
        if getattr(item, picture) and not getattr(item, words):
            raise ValidationError({words: _("Describe the picture for people who cannot see it.")})
