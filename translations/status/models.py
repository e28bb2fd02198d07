"""The source text, the translation and the translation status of each translated field."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models, transaction
from django.db.models import Case, Count, F, Field, Min, Q, Sum, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from translations.status.changed_items import ChangedItem
from translations.status.checks import Finding, findings_for
from translations.status.diff import word_diff
from triggers.locks import StaleReadError, locked


class SourceText(models.Model):
    """A present or former text of a field in the source language.

    `ChangedItem.objects.process` writes the rows and keeps them unique. A unique constraint cannot: PostgreSQL limits
    the size of an index entry, and texts can be longer.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["model", "object_id", "field"], name="source_text_of_field")]

    def __str__(self):
        return self.text


class TranslationQuerySet(models.QuerySet):
    def into(self, language: str):
        """Translations into `language`."""
        return self.filter(language=language)

    def open(self):
        """Translations that are not current: missing, stale or with a draft."""
        return self.exclude(status=Translation.Status.CURRENT)

    def missing_or_stale(self):
        """Translations whose published text is missing or stale, with or without a draft."""
        is_missing = Q(target="", source__isnull=False)
        is_current = Q(translated_from=F("source")) | Q(translated_from__isnull=True, source__isnull=True)
        return self.filter(is_missing | (~Q(target="") & ~is_current))

    def of_items(self, items: Iterable[models.Model]):
        """Translations of the texts of `items`, which may be of several models."""
        keys = defaultdict(list)
        for item in items:
            keys[item._meta.label_lower].append(item.pk)
        condition = Q(pk__in=[])
        for label, object_ids in keys.items():
            condition |= Q(model=label, object_id__in=object_ids)
        return self.filter(condition)

    def counts(self):
        """Dictionaries with the number of texts and words and the first key, by language, model and status."""
        groups = self.order_by().values("language", "model", "status")
        return groups.annotate(texts=Count("pk"), all_words=Sum("words"), first=Min("pk"))

    def statuses_by_item(self, model: type[models.Model], keys: list[int]) -> dict[int, dict[str, str]]:
        """Key → language → the most urgent status among the texts of that item."""
        statuses: dict[int, dict[str, list[str]]] = {key: defaultdict(list) for key in keys}
        rows = self.filter(model=model._meta.label_lower, object_id__in=keys).order_by()
        for key, language, status in rows.values_list("object_id", "language", "status").distinct():
            statuses[key][language].append(status)
        return {
            key: {language: Translation.Status.most_urgent(found) for language, found in by_language.items()}
            for key, by_language in statuses.items()
        }

    def statuses_by_language(self) -> list[dict]:
        """The code, name and most urgent status of each language, as templates show them."""
        statuses = defaultdict(list)
        for language, status in self.order_by().values_list("language", "status").distinct():
            statuses[language].append(status)
        return [
            {"code": code, "language": name, "status": Translation.Status.most_urgent(statuses[code])}
            for code, name in settings.CONTENT_LANGUAGES.items()
            if code in statuses
        ]

    def with_items(self) -> list[Any]:
        """The translations with `item` loaded, in one query for each model."""
        by_model = defaultdict(list)
        translations: list[Any] = list(self)
        for translation in translations:
            by_model[translation.model].append(translation)
        for label, rows in by_model.items():
            items = apps.get_model(label)._default_manager.in_bulk({row.object_id for row in rows})
            for row in rows:
                row.item = items[row.object_id]
        return translations


BaseTranslationManager = models.Manager.from_queryset(TranslationQuerySet)


class TranslationManager(BaseTranslationManager):
    """Processes changed items before each queryset, so that nobody reads an outdated status."""

    def get_queryset(self):
        ChangedItem.objects.process()
        return super().get_queryset()


class Translation(models.Model):
    """The translation of one text into one language, and the source text that it was made from.

    There is a row for each translated field and language that has a source or a translation.
    `ChangedItem.objects.process` keeps the rows up to date. Other code writes only `draft` and `translated_from`.
    """

    class Status(models.TextChoices):
        MISSING = "missing", _("missing")
        DRAFT = "draft", _("draft")
        STALE = "stale", _("stale")
        CURRENT = "current", _("current")

        @classmethod
        def most_urgent(cls, statuses: Iterable[str]) -> "Translation.Status":
            urgency = [cls.MISSING, cls.STALE, cls.DRAFT, cls.CURRENT]
            return min(map(cls, statuses), key=urgency.index)

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    language = models.CharField(max_length=20)
    # The present source text; None if the source is empty.
    source = models.ForeignKey(SourceText, models.PROTECT, null=True, related_name="+")
    translated_from = models.ForeignKey(SourceText, models.PROTECT, null=True, related_name="translations")
    target = models.TextField()
    draft = models.TextField(default="")
    # Estimated number of words of the source.
    words = models.PositiveIntegerField(_("words"))
    changed_at = models.DateTimeField()
    status = models.GeneratedField(
        verbose_name=_("status"),
        choices=Status,
        expression=Case(
            When(~Q(draft=""), then=Value("draft")),
            When(target="", then=Value("missing")),
            When(
                Q(translated_from=F("source")) | Q(translated_from__isnull=True, source__isnull=True),
                then=Value("current"),
            ),
            default=Value("stale"),
        ),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = TranslationManager()

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model", "object_id", "field", "language"], name="one_translation_of_text")
        ]
        # Covers the query of the overview.
        indexes = [models.Index(fields=["language", "model", "status", "words", "id"], name="translation_status")]

    def __str__(self):
        return f"{self.model} {self.object_id}: {self.field} ({self.language})"

    @property
    def model_class(self) -> Any:
        """The model of the item. The type is Any, because models have their own fields."""
        return apps.get_model(self.model)

    @cached_property
    def item(self) -> Any:
        return self.model_class._default_manager.get(pk=self.object_id)

    @property
    def localized_field(self) -> str:
        """The name of the field that holds the translation, such as "title_pl"."""
        return build_localized_fieldname(self.field, self.language)

    @property
    def source_field(self) -> Field:
        """The translated field, such as `title`."""
        return model_field(self.model_class, self.field)

    @property
    def target_field(self) -> Field:
        """The field that holds the translation, such as `title_pl`."""
        return model_field(self.model_class, self.localized_field)

    @property
    def field_label(self) -> str:
        return str(self.source_field.verbose_name)

    @property
    def source_text(self) -> str:
        return self.source.text if self.source else ""

    @property
    def earlier_source(self) -> str:
        """The source text that the translation was made from."""
        return self.translated_from.text if self.translated_from else ""

    @property
    def source_changes(self) -> str:
        """The changes of the source since the translation was made, word by word as HTML."""
        return word_diff(self.earlier_source, self.source_text) if self.translated_from else ""

    @property
    def findings(self) -> list[Finding]:
        """The results of the checks of the published translation."""
        if not self.source_text or not self.target:
            return []
        return findings_for(self.target_field, self.source_text, self.target, self.language)

    @property
    def desk_url(self) -> str:
        """The URL of the page of the translators' desk for this text."""
        return reverse("admin:translations_texttotranslate_change", args=[self.pk])

    @property
    def edit_url(self) -> str:
        """The URL of the admin form that edits the text: the form of its item, or of the item's parent."""
        edited = self.item
        while not admin.site.is_registered(type(edited)):
            # Inlines have no form of their own.
            edited = getattr(edited, next(field.name for field in edited._meta.fields if field.many_to_one))
        options = edited._meta
        url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[edited.pk])
        return f"{url}#id_{self.localized_field}" if edited is self.item else url

    def unchanged(self) -> TranslationQuerySet:
        """A queryset with this row, if its source, translation and draft have not changed since it was read."""
        return Translation.objects.filter(pk=self.pk, source_id=self.source_id, target=self.target, draft=self.draft)

    def write(self, text: str):
        """Publish `text` as the translation of the present source.

        Raises ValidationError, with the name of the field, if the field refuses the text, and StaleReadError if
        somebody else changed the translation, its source or its draft since it was read.
        """
        with transaction.atomic():
            item = locked(self.model_class, self.object_id)
            if item is None or not self.unchanged().exists():
                raise StaleReadError(self)
            setattr(item, self.localized_field, text)
            item.full_clean(exclude={field.name for field in item._meta.fields} - {self.localized_field})
            item.save()
            # Saving an unchanged translation confirms that it fits the present source.
            Translation.objects.filter(pk=self.pk).update(translated_from=F("source"), draft="")
        self.item = item
        self.refresh_from_db(fields=["source", "translated_from", "target", "draft", "words", "changed_at", "status"])

    def propose(self, text: str):
        """Store `text` as a draft, which visitors do not see.

        Raises StaleReadError if somebody else changed the translation, its source or its draft since it was read.
        """
        if not self.unchanged().update(draft=self.target_field.to_python(text)):
            raise StaleReadError(self)
        self.refresh_from_db(fields=["draft", "status"])


def model_field(model: type[models.Model], name: str) -> Field:
    """A concrete field of `model`; `get_field` may also return reverse relations."""
    return cast(Field, model._meta.get_field(name))
