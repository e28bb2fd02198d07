"""Texts of drafts that translators have to write or confirm."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import Model
from modeltranslation.fields import TranslationField
from modeltranslation.utils import build_localized_fieldname

from editorial.models import Revision
from editorial.revisions import snapshots, sources
from translations.status.fields import TARGET_LANGUAGES, text_fields, translated_models
from translations.status.models import Translation

# Drafts that are searched for texts, the latest ones. Their texts are compared whenever a list of texts is shown.
MAX_DRAFTS = 100

# Row of the snapshot and column of the translation.
Place = tuple[str, str]


def drafts_of(models: Collection[type[Model]]) -> list[Revision]:
    """Return the latest drafts beside items of `models` that are stored."""
    drafts = Revision.objects.of_models(models).beside_live()
    return list(drafts.select_related("base", "content_type").order_by("-pk")[:MAX_DRAFTS])


def open_texts(draft: Revision) -> dict[str, list[Place]]:
    """Return language → translations whose source `draft` changed, and that nobody wrote or confirmed since."""
    rows = {row: model for row, model, _key in sources.located(draft.model_class, draft.object_id, draft.data)}
    base = draft.base.data if draft.base else {}
    found = defaultdict(list)
    for change in snapshots.changes(base, draft.data):
        field: Any = snapshots.recorded_fields(rows[change.row]).get(change.field) if change.row in rows else None
        if not change.after or not isinstance(field, TranslationField) or field.language != settings.LANGUAGE_CODE:
            continue
        if field.translated_field.name not in text_fields(rows[change.row]):
            continue
        confirmed, before = draft.confirmed.get(change.row, {}), base.get(change.row, {})
        for code in TARGET_LANGUAGES:
            column = build_localized_fieldname(field.translated_field.name, code)
            target = draft.data[change.row].get(column)
            is_written = bool(target) and target != before.get(column)
            if not is_written and confirmed.get(column) != sources.digest(change.after):
                found[code].append((change.row, column))
    return found


def desk_keys(drafts: list[Revision]) -> dict[tuple[int, str, str], int]:
    """Return (draft, row, column) → primary key on the desk, for the texts of stored rows. Takes one query."""
    owners = {
        (model._meta.label_lower, key): (draft.pk, row)
        for draft in drafts
        for row, model, key in sources.located(draft.model_class, draft.object_id, draft.data)
    }
    texts = Translation.objects.filter(sources.among(owners)).only("model", "object_id", "field", "language")
    return {(*owners[text.model, text.object_id], text.localized_field): text.pk for text in texts} if owners else {}


def open_rows() -> dict[int, dict[str, Any]]:
    """Return primary key on the desk → row of the snapshot, for the open texts of all drafts."""
    drafts = drafts_of(translated_models())
    keys = desk_keys(drafts)
    return {
        keys[draft.pk, row, column]: draft.data[row]
        for draft in drafts
        for places in open_texts(draft).values()
        for row, column in places
        # Texts that only a draft has are not stored.
        if (draft.pk, row, column) in keys
    }


def is_stored(draft: Revision, row: str, field: str, language: str) -> bool:
    """Whether the desk has a text of `draft` as a stored row: there is a source or a translation without the draft."""
    stored = draft.base.data.get(row, {}) if draft.base else draft.data[row]
    return any(stored.get(build_localized_fieldname(field, code)) for code in (settings.LANGUAGE_CODE, language))


def unstored_row(draft: Revision | None, text: Translation) -> str | None:
    """Return the row of a text that only `draft` has, or None for a stored text."""
    if draft is None:
        return None
    located = sources.located(draft.model_class, draft.object_id, draft.data)
    rows = {(model._meta.label_lower, key): row for row, model, key in located}
    row = rows.get((text.model, text.object_id))
    return row if row is not None and not is_stored(draft, row, text.field, text.language) else None
