"""Texts of the content in exchange files."""

from collections import defaultdict
from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, prefetch_related_objects
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.content_files import is_translated, models_by_section, references
from editorial.models import Content, Revision
from translations.exchange.units import Scope, Unit
from translations.status.checks import Finding, findings_for, quoted
from translations.status.fields import TARGET_LANGUAGES, translated_models
from translations.status.models import Translation, TranslationQuerySet
from translations.status.permissions import needs_draft, permitted_languages


class ExchangedText(Translation):
    """A translation in exchange files. Its ID, such as pages.about.title, is the same on every site."""

    # Whether its item has a draft beside the stored rows, see `ContentTexts.known`.
    has_item_draft = False

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
    def url(self) -> str:
        """The path of the item's public page, or of the translators' desk if the item has none."""
        is_public = self.item.is_published and hasattr(self.item, "get_absolute_url")
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
        return True

    def unit(self, site: str = "") -> Unit:
        return Unit(
            id=self.unit_id,
            sources=self.sources,
            targets=self.drafts or self.published,
            is_final=self.is_current,
            context=self.unit_id,
            earlier_source=self.earlier_source if self.status == self.Status.STALE else "",
            description=self.label,
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
        return not self.has_item_draft and (user is None or not needs_draft(user, self.item, self.language))

    def store(self, targets: tuple[str, ...], as_draft: bool, user: User | AnonymousUser | None = None):
        if as_draft:
            self.propose(targets[0])
            return
        item_draft = Revision.objects.draft_beside(self.item)
        if item_draft or not self.goes_live(user):
            # It goes live with the draft of the item.
            Revision.objects.save_text(item_draft, self.item, self.localized_field, targets[0])
        else:
            self.write(targets[0])


class ContentTexts:
    """The texts of the content in one language."""

    kind = "content"
    source_language = settings.LANGUAGE_CODE
    target_languages = TARGET_LANGUAGES

    def __init__(self, language: str, models: list[type[Model]] | None = None):
        """`models` limits the texts to these models."""
        self.language = language
        labels = [model._meta.label_lower for model in models or translated_models()]
        self.texts = (
            ExchangedText.objects.into(language)
            .filter(source__isnull=False, model__in=labels)
            .select_related("source", "translated_from")
        )

    def units(self, scope: Scope, site: str = "") -> list[Unit]:
        texts = {
            Scope.OPEN: self.texts.open(),
            Scope.DRAFT: self.texts.filter(status=ExchangedText.Status.DRAFT),
            Scope.ALL: self.texts.all(),
        }[scope]
        kinds = [model for model in models_by_section().values() if is_translated(model)]
        fields = {model._meta.label_lower: [field.name for field in model._meta.fields] for model in kinds}
        order = list(fields)

        def position(text: ExchangedText) -> tuple[int, int, int]:
            return order.index(text.model), text.object_id, fields[text.model].index(text.field)

        return [text.unit(site) for text in sorted(with_references(texts), key=position)]

    def unit_id(self, unit: Unit) -> str:
        return unit.id or unit.context or ""

    def known(self, ids: set[str]) -> dict[str, ExchangedText]:
        """Return ID → text. The number of queries depends only on the number of sections in `ids`."""
        found: dict[str, ExchangedText] = {}
        keys: dict[str, set[str]] = {}
        for section, key, _field in (unit_id.split(".") for unit_id in ids if unit_id.count(".") == 2):
            keys.setdefault(section, set()).add(key)
        for section, model in models_by_section().items():
            if section not in keys:
                continue
            objects = model.objects.filter(key__in=keys[section]).values("pk")
            texts = self.texts.filter(model=model._meta.label_lower, object_id__in=objects)
            found |= {text.unit_id: text for text in with_references(texts)}
        mark_drafts(found.values())
        return found

    def save(self):
        """`ExchangedText.store` has saved each text already."""


def mark_drafts(texts: Collection[ExchangedText]):
    """Set `has_item_draft` of `texts`, in one query for each model."""
    owners: dict[type[Content], set[int]] = defaultdict(set)
    for text in texts:
        owners[type(text.item.owner)].add(text.item.owner.pk)
    drafts = {
        (model, key)
        for model, keys in owners.items()
        for key, draft in Revision.objects.drafts_by_key(model, keys).items()
        if draft.base_id
    }
    for text in texts:
        text.has_item_draft = (type(text.item.owner), text.item.owner.pk) in drafts


def with_references(queryset: TranslationQuerySet) -> list[ExchangedText]:
    """The texts with their items and the objects that these refer to, in one query for each reference."""
    texts = queryset.with_items()
    items: dict[type[Content], list[Content]] = defaultdict(list)
    for text in texts:
        items[text.model_class].append(text.item)
    for model, of_model in items.items():
        prefetch_related_objects(of_model, *(field.name for field in references(model) if not field.many_to_many))
    return texts
