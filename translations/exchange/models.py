"""Texts of the content in exchange files."""

import copy
from collections import defaultdict

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, prefetch_related_objects
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.admin_urls import text_url
from editorial.content_files import is_translated, models_by_section, references
from editorial.models import Content, Revision
from editorial.revisions.sources import among
from translations.exchange.drafts import DraftRow, ItemDraft, Place, rows_of_drafts
from translations.exchange.units import Scope, Unit
from translations.status.checks import Finding, findings_for, quoted
from translations.status.fields import TARGET_LANGUAGES, text_fields, translated_models
from translations.status.models import SourceText, Translation
from translations.status.permissions import needs_draft, permitted_languages


class ExchangedText(Translation):
    """A translation in exchange files. Its ID, such as pages.about.title, is the same on every site."""

    # The row of the draft of its item whose values the text has, see `in_draft`.
    draft_row: DraftRow | None = None
    # The text as it is stored, if this one has the values of a draft.
    stored: "ExchangedText | None" = None

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("exchange file")
        verbose_name_plural = _("exchange files")

    @property
    def unit_id(self) -> str:
        return f"{self.model_class.content_section}.{self.item.key}.{self.field}"

    @property
    def label(self) -> str:
        return f"{capfirst(self.model_class._meta.verbose_name)} {quoted(str(self.item))}: {self.field_label}"

    @property
    def desk_url(self) -> str:
        if self.draft_row is None or self.pk:
            return super().desk_url
        draft = self.draft_row.draft.revision
        return text_url(draft.model_class, draft.object_id, self.draft_row.name, self.localized_field)

    @property
    def url(self) -> str:
        """The path of the item's public page, or of the translators' desk if the page does not show the text."""
        is_public = not self.draft_row and self.item.is_published and hasattr(self.item, "get_absolute_url")
        return self.item.get_absolute_url() if is_public else self.desk_url

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source_text,)

    @property
    def published(self) -> tuple[str, ...]:
        return (self.target,) if self.target else ()

    @property
    def drafts(self) -> tuple[str, ...]:
        return (self.draft,) if self.draft else ()

    @property
    def is_current(self) -> bool:
        return self.status == self.Status.CURRENT

    @property
    def accepts_drafts(self) -> bool:
        """A text that only a draft of the item has is not stored, and neither is a draft of its translation."""
        return self.pk is not None

    @property
    def description(self) -> str:
        if self.draft_row is None:
            return self.label
        return f"{self.label}. {_('The text is in a draft, and its translation goes live with it.')}"

    def in_draft(self, row: DraftRow) -> "ExchangedText":
        """The text with the values that it gets when the draft of its item is published."""
        text = copy.copy(self)
        text.stored, text.draft_row, text.item = self, row, row.item
        source = row.values.get(build_localized_fieldname(self.field, settings.LANGUAGE_CODE)) or ""
        text.source = SourceText(model=self.model, object_id=self.object_id, field=self.field, text=source)
        text.target = row.values.get(self.localized_field) or ""
        if text.draft:
            text.status = self.Status.DRAFT
        elif not text.target:
            text.status = self.Status.MISSING
        elif text.target != self.target or row.is_confirmed(self.localized_field, source):
            text.status = self.Status.CURRENT
        elif source != self.source_text:
            text.status = self.Status.STALE
        return text

    def unit(self, site: str = "") -> Unit:
        return Unit(
            id=self.unit_id,
            sources=self.sources,
            targets=self.drafts or self.published,
            is_final=self.is_current,
            context=self.unit_id,
            earlier_source=self.earlier_source if self.status == self.Status.STALE else "",
            description=self.description,
            url=f"{site}{self.url}",
            limit=self.source_field.max_length,
        )

    def normalised(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(self.target_field.to_python, targets)))

    def clean_targets(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        return (self.target_field.clean(targets[0], self.item),)

    def check_targets(self, targets: tuple[str, ...]) -> list[Finding]:
        return findings_for(self.source_field, self.source_text, targets[0], self.language)

    def may_be_written_by(self, user: User | AnonymousUser) -> bool:
        return self.language in permitted_languages(user, self.item.permission_model)

    def goes_live(self, user: User | AnonymousUser | None) -> bool:
        return self.draft_row is None and (user is None or not needs_draft(user, self.item, self.language))

    def store(self, targets: tuple[str, ...], as_draft: bool, user: User | AnonymousUser | None = None):
        if as_draft:
            (self.stored or self).propose(targets[0])
        elif self.draft_row:
            self.store_in(self.draft_row.draft, targets[0])
        elif (item_draft := Revision.objects.draft_beside(self.item)) or not self.goes_live(user):
            Revision.objects.save_text(item_draft, self.item, self.localized_field, targets[0])
        else:
            self.write(targets[0])

    def store_in(self, draft: ItemDraft, target: str):
        """Save a translation in the draft of the item, with which it goes live, in place of the proposed one."""
        draft.revision = Revision.objects.save_text(draft.revision, self.item, self.localized_field, target)
        if self.draft and self.stored:
            self.stored.propose("")


class ContentTexts:
    """The texts of the content in one language."""

    kind = "content"
    source_language = settings.LANGUAGE_CODE
    target_languages = TARGET_LANGUAGES

    def __init__(self, language: str, models: list[type[Model]] | None = None):
        """`models` limits the texts to these models."""
        self.language = language
        self.models = {model._meta.label_lower: model for model in models or translated_models()}
        self.texts = (
            ExchangedText.objects.into(language)
            .filter(model__in=self.models.keys())
            .select_related("source", "translated_from")
        )

    def texts_in_drafts(self, rows: dict[Place, DraftRow | None]) -> list[ExchangedText]:
        """The texts of items that have a draft, with its values. Some are not stored, because only the draft has them.

        The number of queries depends on the models of the items.
        """
        in_drafts = {place: row for place, row in rows.items() if row and place[0] in self.models}
        stored = {(text.model, text.object_id, text.field): text for text in self.texts.filter(among(in_drafts))}
        texts = []
        for (label, key), row in in_drafts.items():
            for field in text_fields(self.models[label]):
                text = stored.get((label, key, field))
                text = text or ExchangedText(model=label, object_id=key, field=field, language=self.language, target="")
                texts.append(text.in_draft(row))
        return load_references([text for text in texts if text.source_text])

    def units(self, scope: Scope, site: str = "") -> list[Unit]:
        statuses = {
            Scope.OPEN: set(ExchangedText.Status) - {ExchangedText.Status.CURRENT},
            Scope.DRAFT: {ExchangedText.Status.DRAFT},
            Scope.ALL: set(ExchangedText.Status),
        }[scope]
        rows = rows_of_drafts()
        stored = self.texts.filter(source__isnull=False, status__in=statuses).with_items()
        texts = load_references([text for text in stored if (text.model, text.object_id) not in rows])
        texts += [text for text in self.texts_in_drafts(rows) if text.status in statuses]
        kinds = [model for model in models_by_section().values() if is_translated(model)]
        fields = {model._meta.label_lower: [field.name for field in model._meta.fields] for model in kinds}
        order = list(fields)

        def position(text: ExchangedText) -> tuple[int, int, int]:
            return order.index(text.model), text.object_id, fields[text.model].index(text.field)

        return [text.unit(site) for text in sorted(texts, key=position)]

    def unit_id(self, unit: Unit) -> str:
        return unit.id or unit.context or ""

    def known(self, ids: set[str]) -> dict[str, ExchangedText]:
        """Return ID → text. The number of queries depends only on the sections in `ids` and the models with drafts."""
        rows = rows_of_drafts()
        found = {text.unit_id: text for text in self.texts_in_drafts(rows) if text.unit_id in ids}
        keys: dict[str, set[str]] = {}
        for section, key, _field in (unit_id.split(".") for unit_id in ids if unit_id.count(".") == 2):
            keys.setdefault(section, set()).add(key)
        for section, model in models_by_section().items():
            if section not in keys:
                continue
            objects = model.objects.filter(key__in=keys[section]).values("pk")
            texts = self.texts.filter(
                source__isnull=False, model=model._meta.label_lower, object_id__in=objects
            ).with_items()
            stored = load_references([text for text in texts if (text.model, text.object_id) not in rows])
            found |= {text.unit_id: text for text in stored}
        return found

    def save(self):
        """`ExchangedText.store` has saved each text already."""


def load_references(texts: list[ExchangedText]) -> list[ExchangedText]:
    """Load the objects that the items of `texts` refer to, in one query for each reference. Return `texts`."""
    items: dict[type[Content], dict[int, Content]] = defaultdict(dict)
    for text in texts:
        items[text.model_class][id(text.item)] = text.item
    for model, of_model in items.items():
        prefetch_related_objects(
            list(of_model.values()), *(field.name for field in references(model) if not field.many_to_many)
        )
    return texts
