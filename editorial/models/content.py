"""Base models of all edited content."""

import unicodedata
from collections.abc import Iterable
from itertools import chain, count
from typing import Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.signals import class_prepared
from django.dispatch import receiver
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.alphabet import fold
from editorial.clean_text import clean_texts_of
from editorial.texts import TranslatedFields

validate_key = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters, digits and single hyphens."))


# Characters inside words: the apostrophe, as `fold` writes it, and the middle dot of Catalan.
IN_WORDS = "'·"


def slug_of(text: str) -> str:
    """Return `text` as a slug: "Uniwersytet Łódzki" → "uniwersytet-lodzki".

    Punctuation, symbols and separators part words as spaces do. Apostrophes do not.
    """
    letters = (letter for letter in fold(text) if letter not in IN_WORDS)
    return slugify("".join(" " if unicodedata.category(letter)[0] in "PSZ" else letter for letter in letters))


def first_free_name(stem: str, taken: Iterable[str]) -> str:
    """Return `stem`, or the first of `stem-2`, `stem-3` … that is not in `taken`."""
    taken = set(taken)
    return next(name for name in chain([stem], (f"{stem}-{n}" for n in count(2))) if name not in taken)


def is_filled(column: str) -> Q:
    return Q(**{f"{column}__isnull": False}) & ~Q(**{column: ""})


ContentT = TypeVar("ContentT", bound="Content", covariant=True)


class ContentQuerySet(models.QuerySet[ContentT]):
    def published(self) -> Self:
        """Items that visitors may see."""
        return self.filter(is_published=True)

    def used_by(self, items: models.QuerySet, relation: str) -> Self:
        """Items to which `relation` of at least one of `items` leads."""
        return self.filter(models.Exists(items.filter(**{relation: models.OuterRef("pk")})))

    def languages(self, *fields: str) -> set[str]:
        """Return the languages in which every item has all of `fields` that it has in the source language.

        Without `fields`, those of the body are compared.
        """
        missing = dict.fromkeys(settings.CONTENT_LANGUAGES, Q())
        for name in fields or self.model.body_fields:
            for code in missing:
                source, translation = (build_localized_fieldname(name, each) for each in (settings.LANGUAGE_CODE, code))
                missing[code] |= is_filled(source) & ~is_filled(translation)
        counts = {code: models.Count("pk", filter=condition) for code, condition in missing.items()}
        return {code for code, number in self.order_by().aggregate(**counts).items() if not number}


class Content(models.Model):
    """Base model of items that staff edit and that the content files can contain.

    `key` identifies an item in the content files of all languages. It never changes, so that a file can be loaded again
    and on another site.
    """

    # Name of the model's table in the content files.
    content_section: str
    # The field that names an item.
    heading_field = "title"
    # The fields with the body of an item's page.
    body_fields: tuple[str, ...] = ("body",)
    # The foreign keys to the item whose form edits this one, if it is a part of that item. One of them is set.
    parent_fields: tuple[str, ...] = ()
    # Whether staff keep drafts beside live items. Kinds with another way to put changes in force have none.
    has_drafts = True
    # The fields that say whose content this is. Content files in which they differ are those of another site.
    identity_fields: tuple[str, ...] = ()
    # URL name of the page that shows the items, if they have no pages of their own. Kinds without it have no preview.
    shown_on = ""

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

    objects: ClassVar = ContentQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("add", "change", "delete", "view", "publish", "translate")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.key:
            self.key = self._free_key()
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    @cached_property
    def translated(self) -> TranslatedFields:
        """The translated fields as pages show them."""
        return TranslatedFields(self)

    def set_published(self, is_published: bool) -> None:
        """Publish the stored item, or take it off the site. Other changes of this instance are not saved."""
        stored = type(self)._base_manager.get(pk=self.pk)
        if stored.is_published != is_published:
            # Saved and not updated, so that receivers of signals notice it.
            stored.is_published = is_published
            stored.save(update_fields=["is_published", "updated_at"])

    def languages(self) -> set[str]:
        """Return the languages in which all body fields have a text that have one in the source language."""
        filled = {
            code: {name for name in self.body_fields if getattr(self, build_localized_fieldname(name, code))}
            for code in settings.CONTENT_LANGUAGES
        }
        return {code for code, names in filled.items() if names >= filled[settings.LANGUAGE_CODE]}

    @classmethod
    def has_page(cls) -> bool:
        """Whether a page shows the items, so that they can be previewed."""
        return bool(cls.shown_on) or hasattr(cls, "get_absolute_url")

    def preview_url(self) -> str:
        """Return the URL of the page that shows this item, in the active language. It is "" if none does at present."""
        return reverse(self.shown_on) if self.shown_on else self.get_absolute_url()  # type: ignore[attr-defined]

    @property
    def permission_model(self) -> type[models.Model]:
        """The model whose permissions decide who may change this item."""
        return type(self)

    @property
    def owner(self) -> "Content":
        """The item whose form edits this one: the item that it is a part of, or itself."""
        return next(filter(None, (getattr(self, name) for name in self.parent_fields)), self)

    @classmethod
    def is_live(cls, values: dict[str, Any]) -> bool:
        """Whether an item with the recorded `values` is in use: on the site, or of a kind without drafts."""
        return not cls.has_drafts or bool(values.get("is_published"))

    @classmethod
    def heading_of(cls, values: dict[str, Any]) -> str:
        """Return the heading in the recorded `values`, in the source language or the first that has one."""
        localized = (build_localized_fieldname(cls.heading_field, code) for code in settings.CONTENT_LANGUAGES)
        names = [cls.heading_field, *localized]
        return next((str(values[name]) for name in names if values.get(name)), str(values.get("key", "")))[:200]

    def key_source(self) -> str:
        """Return the text for the key of a new item: its heading in the source language."""
        return getattr(self, build_localized_fieldname(self.heading_field, settings.LANGUAGE_CODE)) or ""

    def _free_key(self) -> str:
        stem = slug_of(self.key_source())[:80].strip("-") or str(self._meta.model_name)
        return first_free_name(stem, type(self).objects.filter(key__startswith=stem).values_list("key", flat=True))


def content_models() -> list[type[Content]]:
    """Return every kind of content, in the order of INSTALLED_APPS."""
    return [model for model in apps.get_models() if issubclass(model, Content)]


@receiver(class_prepared)
def clean_texts(sender: type[models.Model], **signal: Any) -> None:
    """Add the cleaning to every text field of content, before modeltranslation copies it for each language."""
    if issubclass(sender, Content):
        clean_texts_of(sender)


class OrderedContent(Content):
    """Content in an order that staff set by numbers."""

    order = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("Smaller numbers come first. Items with equal numbers are sorted by age.")
    )

    class Meta(Content.Meta):
        abstract = True
        ordering = ("order", "pk")


def require_alt_text(item: Content, *picture_fields: str) -> None:
    """Raise ValidationError if a picture of `item` has no alternative text in the source language."""
    for picture in picture_fields:
        alt_field = build_localized_fieldname(f"{picture}_alt", settings.LANGUAGE_CODE)
        if getattr(item, picture) and not getattr(item, alt_field):
            raise ValidationError({alt_field: _("Describe the picture for people who cannot see it.")})
