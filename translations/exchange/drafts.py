"""Rows of items that have a draft beside the stored ones, with the values that they get when it is published."""

from collections import defaultdict
from dataclasses import dataclass

from editorial.models import Content, Revision
from editorial.revisions import snapshots, sources
from editorial.revisions.snapshots import Values
from translations.status.fields import translated_models

# Label of the model and primary key.
Place = tuple[str, int]


@dataclass
class ItemDraft:
    """The draft of an item. Each saved translation replaces `revision`."""

    revision: Revision


@dataclass
class DraftRow:
    """An item or part with the values of a draft. `item` is not stored if only the draft has the part."""

    draft: ItemDraft
    name: str
    values: Values
    item: Content

    def is_confirmed(self, column: str, source: str) -> bool:
        """Whether a translator wrote or confirmed the translation in `column` for `source` in this draft."""
        return self.draft.revision.confirmed.get(self.name, {}).get(column) == sources.digest(source)


def rows_of_drafts() -> dict[Place, DraftRow | None]:
    """Return the rows of all items with a draft, or None for a part that the draft deletes.

    The number of queries depends on the kinds of items that have drafts.
    """
    drafts = Revision.objects.of_models(translated_models()).beside_live()
    by_model: dict[type[Content], list[Revision]] = defaultdict(list)
    for draft in drafts.select_related("base", "content_type").order_by("pk"):
        by_model[draft.model_class].append(draft)
    found: dict[Place, DraftRow | None] = {}
    for model, of_model in by_model.items():
        stored = snapshots.take(model, [draft.object_id for draft in of_model])
        rows: dict[type[Content], dict[int, tuple[ItemDraft, str, Values]]] = defaultdict(dict)
        for draft in of_model:
            if draft.object_id not in stored:
                continue
            live = stored[draft.object_id]
            merged, item_draft = draft.merged(live)[0], ItemDraft(draft)
            for name, row_model, key in sources.located(model, draft.object_id, live | merged):
                if name in merged:
                    rows[row_model][key] = (item_draft, name, merged[name])
                else:
                    found[row_model._meta.label_lower, key] = None
        for row_model, by_key in rows.items():
            items = row_model._base_manager.in_bulk(by_key)
            items |= new_parts(model, row_model, {key: by_key[key] for key in sorted(by_key.keys() - items.keys())})
            for key, row in by_key.items():
                found[row_model._meta.label_lower, key] = DraftRow(*row, items[key])
    return found


def new_parts(
    model: type[Content], part_model: type[Content], rows: dict[int, tuple[ItemDraft, str, Values]]
) -> dict[int, Content]:
    """Return primary key → part, not stored, for parts of items of `model` that only their drafts have."""
    if not rows:
        return {}
    parent = snapshots.parts_of(model)[part_model.content_section].parent_field
    keys = {values["key"] for _draft, _name, values in rows.values()}
    taken = set(part_model._base_manager.filter(key__in=keys).values_list("key", flat=True))
    found = {}
    for pk, (draft, _name, values) in rows.items():
        part = snapshots.unsaved(part_model, pk, values, {f"{parent}_id": draft.revision.object_id})
        if part.key in taken:
            # Another part has the key. When the draft is published, this one gets a new key.
            part.key = f"{part.key}-{pk}"
        taken.add(part.key)
        found[pk] = part
    return found
