"""Translations that were not current when their item was deleted: kept, and put back when the item is restored."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils import timezone

from editorial.models.content import Content
from editorial.revisions import snapshots
from translations.status.models import SourceText, Translation

# Row → localized field → the source text that it was made from or None, and the draft of the translators' desk.
States = dict[str, dict[str, tuple[str | None, str]]]

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
