"""Texts of drafts that translators have to write or confirm."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from modeltranslation.fields import TranslationField
from modeltranslation.utils import build_localized_fieldname

from editorial.models import Revision
from editorial.revisions import snapshots, sources
from translations.desk.models import TextToTranslate
from translations.status.fields import TARGET_LANGUAGES, text_fields

# Row of the snapshot and column of the translation.
Place = tuple[str, str]


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


def desk_urls(drafts: list[Revision]) -> dict[tuple[int, str, str], str]:
    """Return (draft, row, column) → URL of the text on the desk, for the texts of stored rows. Takes one query."""
    owners = {
        (model._meta.label_lower, key): (draft.pk, row)
        for draft in drafts
        for row, model, key in sources.located(draft.model_class, draft.object_id, draft.data)
    }
    texts = TextToTranslate.objects.filter(sources.among(owners)) if owners else ()
    return {(*owners[text.model, text.object_id], text.localized_field): text.desk_url for text in texts}
