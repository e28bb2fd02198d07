"""Restoration of whole revisions, of single fields, and of deleted items from the bin."""

import copy
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from editorial.models import Content, Revision
from editorial.models.deleted import DeletedItem
from editorial.revisions import snapshots, sources
from editorial.revisions.differences import EMPTY, Names, field_label, row_title
from editorial.revisions.snapshots import ITEM, Snapshot, Values, model_of_row
from triggers.locks import locked


@dataclass(frozen=True)
class Obstacle:
    """A value that can no longer be restored. `name` is that of its field, and of its part if it is in one."""

    name: str
    reason: str
    # Whether the item cannot be restored without it.
    is_fatal: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.name else self.reason


class NotRestorableError(Exception):
    """Nothing was restored. `obstacles` say why."""

    def __init__(self, obstacles: list[Obstacle]):
        super().__init__(" ".join(map(str, obstacles)))
        self.obstacles = obstacles


def refused_by_database() -> Obstacle:
    return Obstacle("", _("These values contradict those of another item."), is_fatal=True)


def current_values(item: Content) -> Snapshot:
    """Return the values that the form of `item` shows: those of its draft, or the stored ones."""
    draft = Revision.objects.draft_of(item)
    if draft and draft.base:
        return draft.merged()[0]
    return snapshots.take(type(item), [item.pk])[item.pk]


def write_draft(draft: Revision) -> list[Obstacle]:
    """Write `draft` into the stored rows, without values that contradict other items. Return why these are left out.

    Links to deleted items are left out too.

    Must run in a transaction. If the database refuses the rest too, the stored rows stay as they are, and the obstacle
    is fatal: a form of the stored rows must not replace the draft.
    """
    model, key = draft.model_class, draft.object_id
    merged = draft.merged()[0]
    if not snapshots.refers_to_deleted(model, merged):
        try:
            with transaction.atomic():
                draft.write(merged)
            return []
        except IntegrityError:
            pass
    values, obstacles = restorable(model, key, merged, draft.stored())
    try:
        with transaction.atomic():
            snapshots.write(model, key, values)
    except IntegrityError:
        text = _("The draft contradicts other content, so you see the texts on the site. You find it in the history.")
        return [Obstacle("", text, is_fatal=True)]
    return obstacles


def values_to_restore(revision: Revision, current: Snapshot, keep_published: bool) -> tuple[Snapshot, list[Obstacle]]:
    """Return the values of `revision` that can be restored, and what cannot.

    Values that it does not have, such as those of fields that are newer, are the current ones.
    """
    target = copy.deepcopy(revision.data)
    for row in target.keys() & current.keys():
        target[row] = current[row] | target[row]
    kept = ["key", "is_published"] if keep_published else ["key"]
    target[ITEM] |= {name: current[ITEM][name] for name in kept}
    return restorable(revision.model_class, revision.object_id, target, current)


def restore(revision: Revision, chosen: Collection[str], comment: str, keep_published: bool) -> bool:
    """Restore the `chosen` values of `revision`. Return whether they are in a draft, because the item is live.

    `chosen` has names such as ":title_en" for a field, and "initiative_parts.12" for an added or deleted part. Raises
    NotRestorableError.
    """
    model, key = revision.model_class, revision.object_id
    with Revision.objects.recorded(comment):
        item: Any = locked(model, key)
        if item is None:
            raise NotRestorableError([Obstacle("", _("This was deleted. Restore it from the bin first."))])
        current = current_values(item)
        target, _obstacles = values_to_restore(revision, current, keep_published)
        data = with_chosen(current, target, chosen)
        draft = Revision.objects.draft_of(item)
        needs_draft = model.has_drafts and bool(item.is_published or (draft and draft.base))
        try:
            with transaction.atomic():
                snapshots.write(model, key, data)
                # A draft is stored beside the rows. Writing them tells whether the database takes the values.
                transaction.set_rollback(needs_draft)
        except IntegrityError as error:
            raise NotRestorableError([refused_by_database()]) from error
        if needs_draft:
            Revision.objects.save_draft(item, data, comment)
    return needs_draft


def with_chosen(current: Snapshot, target: Snapshot, chosen: Collection[str]) -> Snapshot:
    """Return `current` with the chosen values of `target`."""
    result = copy.deepcopy(current)
    for row in current.keys() ^ target.keys():
        if row not in chosen:
            continue
        if row in target:
            result[row] = target[row]
        else:
            del result[row]
    for change in snapshots.changes(current, target):
        if change.row in current and change.row in target and f"{change.row}:{change.field}" in chosen:
            result[change.row][change.field] = change.after
    return result


def restore_deleted(deleted: DeletedItem, comment: str) -> tuple[Content, list[Obstacle]]:
    """Bring a deleted item back, with its primary key and not published. Return it, and what was left out.

    Raises NotRestorableError.
    """
    model, key = deleted.model_class, deleted.object_id
    with Revision.objects.recorded(comment):
        # The row of the bin and not the item, which does not exist.
        if not DeletedItem.objects.filter(pk=deleted.pk).update(state=Revision.State.PAST):
            raise NotRestorableError(
                [Obstacle("", _("This is no longer in the bin. It was restored, or its time was over."), is_fatal=True)]
            )
        data, obstacles = deleted_values(deleted)
        if fatal := [obstacle for obstacle in obstacles if obstacle.is_fatal]:
            raise NotRestorableError(fatal)
        try:
            with transaction.atomic():
                item = snapshots.write(model, key, data)
        except IntegrityError as error:
            raise NotRestorableError([refused_by_database()]) from error
        sources.put_back(model, key, data, deleted.translations)
        put_links_back(deleted)
    return item, obstacles


def deleted_values(deleted: DeletedItem) -> tuple[Snapshot, list[Obstacle]]:
    """Return the values with which a deleted item can be restored, and the obstacles."""
    target = copy.deepcopy(deleted.data)
    target[ITEM]["is_published"] = False
    return restorable(deleted.model_class, deleted.object_id, target, {})


def rows_to_link(deleted: DeletedItem) -> dict[Any, models.QuerySet]:
    """Return the fields that linked to a deleted item, with the rows that can do so again.

    A foreign key that has another value meanwhile keeps it. The number of queries depends on the model only.
    """
    keys: dict[tuple[str, str], list[int]] = defaultdict(list)
    for label, key, name in deleted.links:
        keys[label, name].append(key)
    found = {}
    for field in snapshots.referring_fields(deleted.model_class):
        if row_keys := keys.get((field.model._meta.label_lower, field.name)):
            rows = field.model._base_manager.filter(pk__in=row_keys).order_by("pk")
            found[field] = rows if field.many_to_many else rows.filter(**{field.name: None})
    return found


def put_links_back(deleted: DeletedItem) -> None:
    """Link other items to a restored item again. It is not on the site, so visitors do not see these links yet."""
    for field, rows in rows_to_link(deleted).items():
        if field.many_to_many:
            through = field.remote_field.through
            names = (f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id")
            pairs = ((key, deleted.object_id) for key in rows.values_list("pk", flat=True))
            linked = [through(**dict(zip(names, pair, strict=True))) for pair in pairs]
            through._base_manager.bulk_create(linked, ignore_conflicts=True)
        else:
            rows.update(**{field.attname: deleted.object_id})


def restorable(model: type[Content], key: int, target: Snapshot, current: Snapshot) -> tuple[Snapshot, list[Obstacle]]:
    """Replace the values in `target` that the database would refuse by current ones, or leave them out.

    A row that cannot be stored without such a value is left out. The number of queries depends on the model only.
    """
    result: Snapshot = {}
    obstacles: list[Obstacle] = []
    names = Names(model, [target])
    for section in dict.fromkeys(row.partition(".")[0] for row in target):
        row_model = model_of_row(model, section and f"{section}.")
        rows = {row: values for row, values in target.items() if row.partition(".")[0] == section}
        if row_model is None:
            obstacles += [Obstacle(row, _("Such parts no longer exist.")) for row in rows]
            continue
        keys = {row: int(row.partition(".")[2] or key) for row in rows}
        problems = dict(problems_of(row_model, keys, rows, names))
        elsewhere = moved_parts(model, section, key, keys)
        for row, values in rows.items():
            title = row_title(row_model, row, values)
            if row in elsewhere:
                obstacles.append(Obstacle(title, _("It is a part of another item now.")))
                continue
            kept, found = without_problems(row_model, values, current.get(row), problems.get(row, {}), title)
            obstacles += found
            if kept is not None:
                result[row] = kept
        if section != ITEM:
            obstacles += leave_out_clashes(snapshots.parts_of(model)[section], result, current)
    # The order of the revision, in which differences are shown.
    return {row: result[row] for row in target if row in result}, obstacles


def leave_out_clashes(parts: snapshots.Parts, result: Snapshot, current: Snapshot) -> list[Obstacle]:
    """Change or remove the rows in `result` whose values another part of the same item has. Return why.

    A row that has its current values keeps them.
    """
    obstacles = []
    section = parts.model.content_section
    for names in parts.unique_fields:
        while clash := first_clash(section, names, result, current):
            row, holder = clash
            value = ", ".join(str(result[row].get(name)) for name in names)
            name = parts.model.heading_of(result[holder])
            obstacles.append(Obstacle(row_title(parts.model, row, result[row]), taken(parts.model, value, name)))
            if row in current and not is_current(row, names, result, current):
                result[row] = result[row] | {name: current[row][name] for name in names if name in current[row]}
            else:
                del result[row]
    return obstacles


def first_clash(section: str, names: tuple[str, ...], result: Snapshot, current: Snapshot) -> tuple[str, str] | None:
    """Return a row whose values in the fields `names` another row of the section has, and that row, or None."""
    holders: dict[tuple[Any, ...], str] = {}
    rows = [row for row in result if row.partition(".")[0] == section]
    for row in sorted(rows, key=lambda row: not is_current(row, names, result, current)):
        holder = holders.setdefault(tuple(result[row].get(name) for name in names), row)
        if holder != row:
            return row, holder
    return None


def is_current(row: str, names: tuple[str, ...], result: Snapshot, current: Snapshot) -> bool:
    """Whether the row has its current values in the fields `names`."""
    return row in current and all(result[row].get(name) == current[row].get(name) for name in names)


def moved_parts(model: type[Content], section: str, key: int, keys: dict[str, int]) -> set[str]:
    """Return the rows of parts that belong to another item now."""
    if section == ITEM:
        return set()
    parts = snapshots.parts_of(model)[section]
    others = parts.model._base_manager.filter(pk__in=keys.values()).exclude(**{parts.parent_field: key})
    found = set(others.values_list("pk", flat=True))
    return {row for row, part_key in keys.items() if part_key in found}


def without_problems(
    model: type[Content], values: Values, current: Values | None, problems: dict[str, tuple[Any, str]], title: str
) -> tuple[Values | None, list[Obstacle]]:
    """Return the values of a row that can be stored, or None, and the obstacles."""
    fields = snapshots.recorded_fields(model)
    kept = {name: value for name, value in values.items() if name in fields}
    obstacles = []
    for name, (replacement, reason) in problems.items():
        label, language = field_label(model, name)
        field_name = " › ".join(filter(None, [title, f"{label} [{language}]" if language else label]))
        field = fields.get(name)
        if field is None:
            obstacles.append(Obstacle(field_name, reason))
        elif field.many_to_many:
            kept[name] = replacement
            obstacles.append(Obstacle(field_name, reason))
        elif current and name in current:
            kept[name] = current[name]
            obstacles.append(Obstacle(field_name, reason))
        elif replacement is not None or (field.null and not field.unique):
            kept[name] = replacement
            obstacles.append(Obstacle(field_name, reason))
        else:
            return None, [*obstacles, Obstacle(field_name, reason, is_fatal=not title)]
    return kept, obstacles


def problems_of(
    model: type[Content], keys: dict[str, int], rows: Snapshot, names: Names
) -> Iterator[tuple[str, dict[str, tuple[Any, str]]]]:
    """Yield each row with its fields that cannot be restored, a replacement and the reason."""
    fields = snapshots.recorded_fields(model)
    found: dict[str, dict[str, tuple[Any, str]]] = {row: {} for row in rows}
    for row, values in rows.items():
        for name in values.keys() - fields.keys():
            found[row][name] = (None, _("This field no longer exists."))
    for name, field in fields.items():
        given = {row: values[name] for row, values in rows.items() if values.get(name) not in EMPTY}
        if not given:
            continue
        if field.is_relation:
            for row, (replacement, missing) in deleted_relations(field, given).items():
                deleted = ", ".join(names.name(field.related_model, key) for key in missing)  # type: ignore[arg-type]
                found[row][name] = (replacement, _("“%(name)s” was deleted.") % {"name": deleted})
        elif isinstance(field, models.FileField):
            for row, file in given.items():
                if not field.storage.exists(file):
                    found[row][name] = ("" if field.blank else None, _("The file no longer exists."))
        elif field.unique:
            for row, holder in taken_by(model, field, keys, given).items():
                if name == "key":
                    found[row][name] = (None, _("“%(item)s” took its place. Delete that first.") % {"item": holder})
                    continue
                found[row][name] = (None, taken(model, given[row], holder))
        elif field.choices:
            known = dict(field.flatchoices)
            for row, value in given.items():
                if value not in known:
                    found[row][name] = (None, _("The choice “%(value)s” no longer exists.") % {"value": value})
    yield from found.items()


def taken(model: type[Content], value: Any, holder: str) -> str:
    """Return the reason that another item, with the name `holder`, has a value that only one may have."""
    text = _("“%(value)s” now belongs to %(kind)s “%(item)s”. Change it there first.")
    return text % {"value": value, "kind": model._meta.verbose_name, "item": holder}


def deleted_relations(field: Any, given: dict[str, Any]) -> dict[str, tuple[Any, list[Any]]]:
    """Return the rows that refer to deleted items, with what is left of the value, and the missing keys."""
    as_lists = {row: value if field.many_to_many else [value] for row, value in given.items()}
    wanted = {key for keys in as_lists.values() for key in keys}
    existing = set(field.related_model._base_manager.filter(pk__in=wanted).values_list("pk", flat=True))
    found = {}
    for row, keys in as_lists.items():
        if missing := [key for key in keys if key not in existing]:
            left = [key for key in keys if key in existing] if field.many_to_many else None
            found[row] = (left, missing)
    return found


def taken_by(model: type[Content], field: Any, keys: dict[str, int], given: dict[str, Any]) -> dict[str, str]:
    """Return the rows whose value of a unique field another item has, with the name of that item."""
    others = model._base_manager.filter(**{f"{field.name}__in": given.values()}).exclude(pk__in=keys.values())
    holders = {getattr(item, field.attname): capfirst(str(item)) for item in others}
    return {row: holders[value] for row, value in given.items() if value in holders}
