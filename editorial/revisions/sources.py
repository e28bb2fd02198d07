"""The texts that translations were made from: kept for deleted items, and for translations confirmed in a draft."""

from collections import defaultdict
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from editorial.models.content import Content
from editorial.revisions import snapshots
from translations.status.models import SourceText, Translation

# Row → localized field → the source text that it was made from or None, and the draft of the translators' desk.
States = dict[str, dict[str, tuple[str | None, str]]]

# Row → localized field → digest of the source text that a translator confirmed it for. A digest, because the text may
# contain personal data that are erased.
Confirmed = dict[str, dict[str, str]]

# The base managers, because the default manager of Translation would first delete the rows of deleted items.
translations, sources = Translation._base_manager, SourceText._base_manager


def states_of(model: type[Content], snapshot_of: dict[int, snapshots.Snapshot]) -> dict[int, States]:
    """Return primary key → states of the items, which may be deleted in this transaction. Takes one query."""
    owners = {
        (row_model._meta.label_lower, row_key): (key, row)
        for key, snapshot in snapshot_of.items()
        for row, row_model, row_key in located(model, key, snapshot)
    }
    found: dict[int, States] = {key: defaultdict(dict) for key in snapshot_of}
    if not owners:
        return found
    texts = translations.filter(among(owners)).exclude(status=Translation.Status.CURRENT)
    for text in texts.exclude(target="", draft="").select_related("translated_from"):
        key, row = owners[text.model, text.object_id]
        source = text.translated_from.text if text.translated_from else None
        found[key][row][text.localized_field] = (source, text.draft)
    return found


def put_back(model: type[Content], key: int, snapshot: snapshots.Snapshot, states: States) -> None:
    """Give the translations of a restored item the states that they had."""
    rows = {row: (row_model._meta.label_lower, row_key) for row, row_model, row_key in located(model, key, snapshot)}
    owners = {rows[row]: states[row] for row in states if row in rows}
    if not owners:
        return
    known: dict[tuple[str, int, str, str | None], SourceText] = {
        (each.model, each.object_id, each.field, each.text): each for each in sources.filter(among(owners))
    }
    changed = []
    for text in translations.filter(among(owners)):
        if text.localized_field not in owners[text.model, text.object_id]:
            continue
        source, text.draft = owners[text.model, text.object_id][text.localized_field]
        place = (text.model, text.object_id, text.field, source)
        if source is not None and place not in known:
            known[place] = sources.create(
                model=text.model, object_id=text.object_id, field=text.field, text=source, created_at=timezone.now()
            )
        text.translated_from = known[place] if source is not None else None
        changed.append(text)
    translations.bulk_update(changed, ["translated_from", "draft"])


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def source_column(model: type[Content], column: str) -> str:
    """Return the column with the source text of a translation: "title_pl" → "title_en"."""
    field: Any = model._meta.get_field(column)
    return build_localized_fieldname(field.translated_field.name, settings.LANGUAGE_CODE)


def confirm(model: type[Content], key: int, snapshot: snapshots.Snapshot, confirmed: Confirmed) -> None:
    """Mark the translations as current that a translator confirmed for the present source text."""
    rows = {row: (row_model._meta.label_lower, row_key) for row, row_model, row_key in located(model, key, snapshot)}
    owners = {rows[row]: fields for row, fields in confirmed.items() if row in rows}
    if not owners:
        return
    # The default manager, because it brings the rows up to date first.
    for text in Translation.objects.filter(among(owners)).exclude(target="").select_related("source"):
        if owners[text.model, text.object_id].get(text.localized_field) == digest(text.source_text):
            translations.filter(pk=text.pk).update(translated_from=F("source"))


def located(model: type[Content], key: int, snapshot: snapshots.Snapshot) -> list[tuple[str, type[Content], int]]:
    """Return the rows of a snapshot with their models and primary keys."""
    sections = snapshots.parts_of(model)
    found: list[tuple[str, type[Content], int]] = [(snapshots.ITEM, model, key)]
    for section, parts in sections.items():
        found += [(f"{section}.{k}", parts.model, k) for k in snapshots.part_rows(section, snapshot)]
    return found


def among(owners: Collection[tuple[str, int]]) -> Q:
    keys: dict[str, list[Any]] = defaultdict(list)
    for label, key in owners:
        keys[label].append(key)
    condition = Q(pk__in=[])
    for label, found in keys.items():
        condition |= Q(model=label, object_id__in=found)
    return condition
