"""Synonyms, and the index: words, items, and the occurrences of words in items."""

import re
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.models import Content, ContentQuerySet
from search.words import MAX_WORD_LENGTH, normalized

# Between two words of a group. The help text names commas; semicolons and those of other keyboards are typed too.
SEPARATOR = re.compile("[,;，；、]")


class SynonymsQuerySet(ContentQuerySet["Synonyms"]):
    def groups(self) -> list[list[tuple[str, str]]]:
        """The language and text of each word or phrase, for each published group."""
        columns = {code: build_localized_fieldname("words", code) for code in settings.CONTENT_LANGUAGES}
        rows = self.published().order_by("key").values_list(*columns.values())
        return [
            [(code, phrase) for code, text in zip(columns, row, strict=True) for phrase in SEPARATOR.split(text or "")]
            for row in rows
        ]


SynonymsManager = models.Manager.from_queryset(SynonymsQuerySet)


class Synonyms(Content):
    """A group of words that mean the same to visitors who search, such as PhD and doctorate."""

    content_section = "synonyms"
    heading_field = "words"

    words = models.CharField(
        _("words"),
        max_length=300,
        help_text=_(
            "Words and phrases with the same meaning, separated by commas, such as: PhD, doctorate, doctoral student. "
            "A search for one of them, in any language, finds the others too."
        ),
    )

    objects: ClassVar[SynonymsManager] = SynonymsManager()

    class Meta(Content.Meta):
        verbose_name = _("group of synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ("key",)

    def __str__(self):
        return self.words

    def clean(self):
        for code in settings.CONTENT_LANGUAGES:
            field = build_localized_fieldname("words", code)
            text = getattr(self, field) or ""
            if text and not all(normalized(phrase) for phrase in SEPARATOR.split(text)):
                raise ValidationError({field: _("There is no word between two commas. Remove one of them.")})


class IndexWord(models.Model):
    """A word of the content in one language, folded, with its stem. Different accents can give different stems."""

    language = models.CharField(max_length=20)
    word = models.CharField(max_length=MAX_WORD_LENGTH)
    stem = models.CharField(max_length=MAX_WORD_LENGTH)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["language", "word", "stem"], name="search_word_once")]
        indexes = [
            # The operator class lets PostgreSQL find the beginning of a word, whatever the collation.
            models.Index(fields=["word"], name="search_word", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["stem"], name="search_stem", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self):
        return f"{self.word} ({self.language})"


class IndexItem(models.Model):
    """An item of content in the index, and the identity of the page that shows it (`search.sources`)."""

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    page = models.CharField(max_length=160)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model", "object_id", "page"], name="search_item_once"),
        ]
        indexes = [models.Index(fields=["page"], name="search_page")]

    def __str__(self):
        return f"{self.model} {self.object_id}"


class Occurrence(models.Model):
    """A word in the texts of an item, with the highest weight of the texts that contain it."""

    # With the weight, so that the index of the key holds all that a search reads.
    pk = models.CompositePrimaryKey("word", "item", "weight")
    word = models.ForeignKey(IndexWord, models.CASCADE, related_name="occurrences", db_index=False)
    item = models.ForeignKey(IndexItem, models.CASCADE, related_name="occurrences")
    weight = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.word_id} in {self.item_id}"


class ItemToIndex(models.Model):
    """An item of content that was created, changed or deleted since it was indexed.

    Database triggers write the rows (`search.triggers`), so bulk updates and plain SQL are noticed too.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.model} {self.object_id}"
