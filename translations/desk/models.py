"""The glossary, and a translation as the desk shows it."""

from collections import defaultdict
from functools import cached_property

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from modeltranslation.utils import build_localized_fieldname, resolution_order

from editorial.models import Content, ContentQuerySet
from translations.status.models import (
    Translation,
    TranslationManager,
    TranslationQuerySet,
    text_fields,
    translated_models,
)
from translations.status.rights import languages_open_to


class GlossaryQuerySet(ContentQuerySet):
    def into(self, language: str):
        """The terms that have a translation into `language`, the longest first."""
        source, target = (build_localized_fieldname("term", code) for code in (settings.LANGUAGE_CODE, language))
        terms = self.exclude(**{target: None}).exclude(**{target: ""})
        return sorted(terms, key=lambda term: -len(getattr(term, source)))


class GlossaryTerm(Content):
    """A word of the field, and the one word that each language has for it on this site.

    It is content like any other: staff edit it, content files carry it, and a term without a translation is open work.
    """

    content_section = "glossary"
    heading_field = "term"

    term = models.CharField(
        _("term"),
        max_length=100,
        help_text=_("The English term as used in texts, in the singular. One term per entry."),
    )
    note = models.CharField(
        _("meaning"),
        max_length=200,
        blank=True,
        help_text=_("The meaning on this site, in English, if the word alone is not clear."),
    )

    objects = GlossaryQuerySet.as_manager()

    class Meta(Content.Meta):
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary")
        ordering = ("key",)

    def __str__(self):
        return self.term


def heading(model) -> models.Expression:
    """What names an item of `model`: in the reader's language, or in the first that stands in for it."""
    if model.heading_field not in text_fields(model):
        return models.F(model.heading_field)
    fields = [build_localized_fieldname(model.heading_field, code) for code in resolution_order(get_language())]
    return Coalesce(*(NullIf(field, models.Value("")) for field in fields), models.Value(""))


class TextQuerySet(TranslationQuerySet):
    def standing(self, status: str):
        """What has the `status`; "open" stands for all that is to do, "all" for everything."""
        if status == "open":
            return self.open()
        return self if status == "all" else self.filter(status=status)

    def of_kind(self, label: str):
        return self.filter(model=label)

    def readable_by(self, user):
        """The kinds of content that the user may translate into some language; they show all languages of these."""
        return self.filter(model__in=[m._meta.label_lower for m in translated_models() if languages_open_to(user, m)])

    def headings(self, texts: list["TextToTranslate"]) -> dict[tuple[str, int], str]:
        """What the items of these texts are called, by model and key; read in one query, whatever kinds they are."""
        keys = defaultdict(set)
        for text in texts:
            keys[text.model].add(text.object_id)
        of_kinds = [
            models.QuerySet(model)
            .filter(pk__in=keys[label])
            .order_by()
            .values_list(models.Value(label), "pk", Cast(heading(model), models.TextField()))
            for label in keys
            for model in [apps.get_model(label)]
        ]
        found = of_kinds[0].union(*of_kinds[1:], all=True) if of_kinds else []
        return {(label, key): name for label, key, name in found}

    def undrafted(self):
        """What nobody and nothing has proposed a translation of the present source for."""
        return self.filter(status__in=[Translation.Status.MISSING, Translation.Status.STALE], source__isnull=False)


class TextToTranslate(Translation):
    """One text in one language, as a translator works on it."""

    objects = TranslationManager.from_queryset(TextQuerySet)()

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("text to translate")
        verbose_name_plural = _("texts to translate")
        ordering = ("model", "object_id", "pk")

    def __str__(self):
        # As the list names it, see `heading`.
        return f"{getattr(self.item, self.item.heading_field)}: {self.field_label}"

    @cached_property
    def model_field(self) -> models.Field:
        return self.model_class._meta.get_field(self.localized_field)

    @property
    def is_rich_text(self) -> bool:
        return isinstance(self.model_class._meta.get_field(self.field), ProseEditorField)

    @property
    def kind(self) -> Promise:
        return self.model_class._meta.verbose_name

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES[self.language]

    def may_be_written_by(self, user) -> bool:
        return self.language in languages_open_to(user, self.model_class)

    def neighbour(self, texts, *, backwards: bool = False) -> "TextToTranslate | None":
        """The first of `texts` after this one in the order of the desk, or the last before it."""
        direction = "lt" if backwards else "gt"
        place = {"model": self.model, "object_id": self.object_id, "pk": self.pk}
        beyond, same = models.Q(), {}
        for name, value in place.items():
            beyond |= models.Q(**same, **{f"{name}__{direction}": value})
            same[name] = value
        order = [f"-{name}" for name in place] if backwards else list(place)
        return texts.filter(beyond, language=self.language).order_by(*order).first()
