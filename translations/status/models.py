"""What is translated: each text in each language, the wording that it was made from, and how it stands."""

from collections import defaultdict
from functools import cached_property

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection, models, transaction
from django.db.models import Case, Count, F, Min, Q, Sum, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from translations.status.changes import word_changes
from translations.status.checks import Finding, findings_for
from translations.status.locks import StaleReadError, locked

# Changed items that are settled in one transaction.
CHUNK = 200
TARGET_LANGUAGES = [code for code in settings.CONTENT_LANGUAGES if code != settings.LANGUAGE_CODE]


def translated_models() -> list[type[models.Model]]:
    """The models with texts in several languages, in the order of the apps."""
    registered = set(translator.get_registered_models(abstract=False))
    return [model for model in apps.get_models() if model in registered and text_fields(model)]


def text_fields(model) -> list[str]:
    """The fields of `model` that hold words to translate: neither addresses nor files."""
    return [
        name
        for name in translator.get_options_for_model(model).all_fields
        if not isinstance(model._meta.get_field(name), models.SlugField | models.FileField)
    ]


class SourceText(models.Model):
    """A wording that a field has, or once had, in the source language.

    `ChangedItem.objects.settle` writes it and keeps it unique. No constraint does: an index of PostgreSQL cannot hold a
    long text.
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


class ChangedItemQuerySet(models.QuerySet):
    def settle(self):
        """Bring source texts and translations up to date with these items, a chunk in each transaction.

        Two changes of an item that are settled together count as one. So an item that SQL or a bulk update gives a new
        translation and then a new source, with nothing reading a status in between, is taken for one that was
        translated from the new source. Saving an item settles it at once.
        """
        from translations.status.comparison import compare

        while self.exists():
            with transaction.atomic():
                wait_for_turn()
                changed = defaultdict(set)
                chunk = list(self.order_by("pk")[:CHUNK])
                for row in chunk:
                    changed[row.model].add(row.object_id)
                for model in translated_models():
                    if keys := changed.get(model._meta.label_lower):
                        compare(model, keys)
                self.filter(pk__in=[row.pk for row in chunk]).delete()


def wait_for_turn():
    """Wait until no other transaction settles items. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('translations_changeditem'))")


class ChangedItem(models.Model):
    """A change of an item with translated texts that its translations do not take into account yet.

    Triggers (triggers.py) write it, whichever way the item is saved or deleted.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()

    objects = ChangedItemQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["model", "object_id"], name="changed_item")]

    def __str__(self):
        return f"{self.model} {self.object_id}"


class TranslationQuerySet(models.QuerySet):
    _loads_items = False

    def into(self, language: str):
        return self.filter(language=language)

    def open(self):
        """What a translator has something to do for."""
        return self.exclude(status=Translation.Status.CURRENT)

    def of(self, item: models.Model):
        return self.filter(model=item._meta.label_lower, object_id=item.pk)

    def of_all(self, items: list[models.Model]):
        keys = defaultdict(list)
        for item in items:
            keys[item._meta.label_lower].append(item.pk)
        wanted = Q(pk__in=[])
        for label, of_model in keys.items():
            wanted |= Q(model=label, object_id__in=of_model)
        return self.filter(wanted)

    def figures(self):
        """How many texts and words stand how, for each language and kind of content, and the first text of each."""
        groups = self.order_by().values("language", "model", "status")
        return groups.annotate(texts=Count("pk"), all_words=Sum("words"), first=Min("pk"))

    def states(self, model: type[models.Model], keys: list[int]) -> dict[int, dict[str, "Translation.Status"]]:
        """How each language stands for each of these items: as its text that needs a translator most."""
        statuses = defaultdict(lambda: defaultdict(list))
        rows = self.filter(model=model._meta.label_lower, object_id__in=keys).order_by()
        for key, language, status in rows.values_list("object_id", "language", "status").distinct():
            statuses[key][language].append(status)
        return {
            key: {language: Translation.Status.most_urgent(found) for language, found in statuses[key].items()}
            for key in keys
        }

    def states_of_languages(self) -> list[dict]:
        """How each language stands over all of these texts, as a form shows it."""
        statuses = defaultdict(list)
        for language, status in self.order_by().values_list("language", "status").distinct():
            statuses[language].append(status)
        return [
            {"code": code, "language": name, "status": Translation.Status.most_urgent(statuses[code])}
            for code, name in settings.CONTENT_LANGUAGES.items()
            if code in statuses
        ]

    def with_items(self):
        """Load the items of all rows along, in one query for each model."""
        clone = self._chain()
        clone._loads_items = True
        return clone

    def _clone(self):
        clone = super()._clone()
        clone._loads_items = self._loads_items
        return clone

    def _fetch_all(self):
        unfetched = self._result_cache is None
        super()._fetch_all()
        if unfetched and self._loads_items:
            load_items(self._result_cache)


def load_items(translations: list["Translation"]):
    rows = defaultdict(list)
    for translation in translations:
        rows[translation.model].append(translation)
    for label, of_model in rows.items():
        items = apps.get_model(label)._default_manager.in_bulk({row.object_id for row in of_model})
        for row in of_model:
            row.item = items[row.object_id]


class TranslationManager(models.Manager.from_queryset(TranslationQuerySet)):
    """Manager that settles changed items before it gives a queryset, so that nobody reads an outdated status."""

    def get_queryset(self):
        ChangedItem.objects.settle()
        return super().get_queryset()


class Translation(models.Model):
    """One text in one language other than the source: its words, and the wording that it was translated from.

    There is a row for each translated field and language as soon as it has a source or a target, whichever way content
    is saved: `ChangedItem.objects.settle` writes it. Other code writes only `draft` and `translated_from`.
    """

    class Status(models.TextChoices):
        MISSING = "missing", _("missing")
        DRAFT = "draft", _("draft")
        STALE = "stale", _("stale")
        CURRENT = "current", _("current")

        @classmethod
        def most_urgent(cls, statuses) -> "Translation.Status":
            urgency = [cls.MISSING, cls.STALE, cls.DRAFT, cls.CURRENT]
            return min(map(cls, statuses), key=urgency.index)

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    language = models.CharField(max_length=20)
    # The wording in force; none where the source is empty.
    source = models.ForeignKey(SourceText, models.PROTECT, null=True, related_name="+")
    translated_from = models.ForeignKey(SourceText, models.PROTECT, null=True, related_name="translations")
    target = models.TextField()
    draft = models.TextField(default="")
    # Of the source; an estimate.
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
        # All that the dashboard reads.
        indexes = [models.Index(fields=["language", "model", "status", "words", "id"], name="translation_status")]

    def __str__(self):
        return f"{self.model} {self.object_id}: {self.field} ({self.language})"

    @property
    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @cached_property
    def item(self) -> models.Model:
        return self.model_class._default_manager.get(pk=self.object_id)

    @property
    def localized_field(self) -> str:
        """The name of the field that holds the target, such as "title_pl"."""
        return build_localized_fieldname(self.field, self.language)

    @property
    def field_label(self) -> str:
        return self.model_class._meta.get_field(self.field).verbose_name

    @property
    def source_text(self) -> str:
        return self.source.text if self.source else ""

    @property
    def earlier_source(self) -> str:
        """The wording that the target was made from."""
        return self.translated_from.text if self.translated_from else ""

    @property
    def source_changes(self) -> str:
        """What changed in the source since the target was made, word by word as HTML."""
        return word_changes(self.earlier_source, self.source_text) if self.translated_from else ""

    @property
    def findings(self) -> list[Finding]:
        """What is to be said of the target as it is on the site."""
        if not self.source_text or not self.target:
            return []
        field = self.model_class._meta.get_field(self.localized_field)
        return findings_for(field, self.source_text, self.target, self.language)

    @property
    def desk_url(self) -> str:
        """Where the text stands beside its source."""
        return reverse("admin:translations_texttotranslate_change", args=[self.pk])

    @property
    def edit_url(self) -> str:
        """Where the admin edits the text: the form of its item, or of what the item is edited within."""
        edited = self.item
        while type(edited) not in admin.site._registry:
            # An inline's item, whose form is that of what it belongs to.
            edited = getattr(edited, next(field.name for field in edited._meta.fields if field.many_to_one))
        options = edited._meta
        address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[edited.pk])
        return f"{address}#id_{self.localized_field}" if edited is self.item else address

    def as_read(self) -> TranslationQuerySet:
        """The row, as long as its source, its target and its draft are as they were when it was read."""
        return Translation.objects.filter(pk=self.pk, source_id=self.source_id, target=self.target, draft=self.draft)

    def write(self, text: str):
        """Put `text` on the site as the translation of the present source.

        Raises ValidationError, by the name of the field, for what a form would refuse, and StaleReadError where
        somebody else changed the text since it was read.
        """
        with transaction.atomic():
            item = locked(self.model_class, self.object_id)
            if item is None or not self.as_read().exists():
                raise StaleReadError(self)
            setattr(item, self.localized_field, text)
            item.full_clean(exclude={field.name for field in item._meta.fields} - {self.localized_field})
            item.save()
            # The same words once more say that they fit the source as it is now.
            Translation.objects.filter(pk=self.pk).update(translated_from=F("source"), draft="")
        self.item = item
        self.refresh_from_db(fields=["source", "translated_from", "target", "draft", "words", "changed_at", "status"])

    def propose(self, text: str):
        """Keep `text` as a draft, which no visitor sees before a person writes it.

        Raises StaleReadError where somebody else changed the text since it was read.
        """
        if not self.as_read().update(draft=text):
            raise StaleReadError(self)
        self.refresh_from_db(fields=["draft", "status"])
