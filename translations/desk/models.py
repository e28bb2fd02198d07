"""The glossary, and a translation as the translators' desk shows it."""

from collections import defaultdict
from functools import cached_property
from typing import Any, ClassVar, cast

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from modeltranslation.utils import build_localized_fieldname, resolution_order

from editorial.models import Content, ContentQuerySet, Revision
from translations.desk.drafts import open_rows
from translations.status.comparison import word_count
from translations.status.fields import text_fields, translated_models
from translations.status.models import SourceText, Translation, TranslationManager, TranslationQuerySet
from translations.status.permissions import permitted_languages, permitted_models


class GlossaryQuerySet(ContentQuerySet["GlossaryTerm"]):
    def into(self, language: str) -> list["GlossaryTerm"]:
        """The terms that have a translation into `language`, the longest first."""
        source, target = (build_localized_fieldname("term", code) for code in (settings.LANGUAGE_CODE, language))
        terms = self.exclude(**{target: None}).exclude(**{target: ""})
        return sorted(terms, key=lambda term: -len(getattr(term, source)))


GlossaryManager = models.Manager.from_queryset(GlossaryQuerySet)


class GlossaryTerm(Content):
    """A technical term and its translation into each language.

    Terms are content: staff edit them, content files include them, and a missing translation is an open text.
    """

    content_section = "glossary"
    has_drafts = False
    heading_field = "term"

    term = models.CharField(
        _("term"),
        max_length=100,
        help_text=_("The term as used in texts, in the singular. One term per entry."),
    )
    note = models.CharField(
        _("meaning"),
        max_length=200,
        blank=True,
        help_text=_("The meaning on this site, in its first language, if the word alone is not clear."),
    )

    objects: ClassVar[GlossaryManager] = GlossaryManager()

    class Meta(Content.Meta):
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary")
        ordering = ("key",)

    def __str__(self):
        return self.term


def heading(model) -> models.F | Coalesce:
    """An expression for the heading of an item of `model`, in the active language or its first fallback."""
    if model.heading_field not in text_fields(model):
        return models.F(model.heading_field)
    fields = [build_localized_fieldname(model.heading_field, code) for code in resolution_order(get_language())]
    return Coalesce(*(NullIf(field, models.Value("")) for field in fields), models.Value(""))


class TextQuerySet(TranslationQuerySet):
    def with_status(self, status: str):
        """Translations with `status`, or those of "open", "in_drafts" or "all".

        Open ones are not current, or a draft of their item changed their source, which `is_open_in_draft` says.
        """
        in_drafts = models.Q(pk__in=open_rows().keys())
        texts = self.annotate(is_open_in_draft=models.ExpressionWrapper(in_drafts, models.BooleanField()))
        if status == "all":
            return texts
        conditions = {"in_drafts": in_drafts, "open": in_drafts | ~models.Q(status=Translation.Status.CURRENT)}
        return texts.filter(conditions.get(status, models.Q(status=status)))

    def of_kind(self, label: str):
        """Translations of the model with `label`, such as "pages.page"."""
        return self.filter(model=label)

    def readable_by(self, user: User | AnonymousUser):
        """Translations of the models that the user may translate into at least one language, in all languages."""
        return self.filter(model__in=[model._meta.label_lower for model in permitted_models(user)])

    def writable_by(self, user: User | AnonymousUser, language: str):
        """Translations into `language` of the items that the user may translate."""
        permitted = models.Q(model__in=[])
        for model in cast(list[type[Content]], translated_models()):
            of_model = models.Q(model=model._meta.label_lower)
            if model.permission_model is not Content.permission_model:
                # It depends on the item. Such models have few.
                items: models.QuerySet[Content] = models.QuerySet(model)
                own = [item.pk for item in items if language in permitted_languages(user, item.permission_model)]
                permitted |= of_model & models.Q(object_id__in=own)
            elif language in permitted_languages(user, model):
                permitted |= of_model
        return self.into(language).filter(permitted)

    def headings(self, texts: list["TextToTranslate"]) -> dict[tuple[str, int], str]:
        """(model, key) → heading of the item, for the items of `texts`, in one query for all models."""
        keys = defaultdict(set)
        for text in texts:
            keys[text.model].add(text.object_id)
        querysets: list[models.QuerySet] = [
            models.QuerySet(model)
            .filter(pk__in=keys[label])
            .order_by()
            .values_list(models.Value(label), "pk", Cast(heading(model), models.TextField()))
            for label in keys
            for model in [apps.get_model(label)]
        ]
        rows = querysets[0].union(*querysets[1:], all=True) if querysets else []
        return {(label, key): name for label, key, name in rows}

    def without_draft(self):
        """Missing and stale translations of texts with a source, which a translation service may draft.

        Translations with a draft have the status DRAFT, so they are not among them.
        """
        return self.filter(status__in=[Translation.Status.MISSING, Translation.Status.STALE], source__isnull=False)


TextManager = TranslationManager.from_queryset(TextQuerySet)


class TextToTranslate(Translation):
    """A translation as the translators' desk shows and edits it."""

    # The URL of the page of a text that is not stored, because only a draft has it.
    url_in_draft = ""
    # The name of the item, as the list of texts shows it.
    heading: str

    objects: ClassVar = TextManager()

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("text to translate")
        verbose_name_plural = _("texts to translate")
        ordering = ("model", "object_id", "pk")

    def __str__(self):
        # The same name as in the list, see `heading`.
        return f"{getattr(self.item, self.item.heading_field)}: {self.field_label}"

    @property
    def is_rich_text(self) -> bool:
        return isinstance(self.source_field, ProseEditorField)

    @property
    def kind(self) -> str:
        """The name of the item's model."""
        return str(self.model_class._meta.verbose_name)

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES[self.language]

    @cached_property
    def earlier_target(self) -> str:
        """The last different translation in the history of the item, or ""."""
        values = Revision.objects.last_values(self.item, self.localized_field)
        return next((value for value in values if value and value != self.target), "")

    def set_draft_values(self, values: dict[str, Any]):
        """Show the text with the `values` of a draft that changed its source."""
        source = values[build_localized_fieldname(self.field, settings.LANGUAGE_CODE)]
        self.source = SourceText(model=self.model, object_id=self.object_id, field=self.field, text=source)
        self.target = values.get(self.localized_field) or ""
        self.words = word_count(source)
        if not self.draft:
            self.status = self.Status.STALE if self.target else self.Status.MISSING

    def may_be_written_by(self, user: User | AnonymousUser) -> bool:
        return self.language in permitted_languages(user, self.item.permission_model)

    def neighbour(self, texts: TextQuerySet, *, backwards: bool = False) -> "TextToTranslate | None":
        """The next text of `texts` in the same language, in the default order, or the previous one."""
        direction = "lt" if backwards else "gt"
        position = {"model": self.model, "object_id": self.object_id, "pk": self.pk}
        beyond, same = models.Q(), models.Q()
        for name, value in position.items():
            beyond |= same & models.Q((f"{name}__{direction}", value))
            same &= models.Q((name, value))
        order = [f"-{name}" for name in position] if backwards else list(position)
        return texts.filter(beyond, language=self.language).order_by(*order).first()
