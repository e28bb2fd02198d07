"""Snapshots: the values of an item in all languages, with its parts and links, as JSON.

A snapshot maps rows to their values by field name. The row of the item itself has the name "". The row of a part has
the name of its section and its primary key, such as "initiative_parts.12". Relations are primary keys.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, models
from django.db.models.functions import Cast, Concat
from modeltranslation.fields import TranslationField

from editorial.models.content import Content, content_models

Values = dict[str, Any]
Snapshot = dict[str, Values]
# A relation of a row to another item: label of the model and primary key of the row, and name of the field.
Link = tuple[str, int, str]

# Name of the row of the item itself.
ITEM = ""
# Fields that the program sets on each save, or that identify the row.
INTERNAL_FIELDS = ("id", "updated_at")
# The last primary keys that SQLite gave. A table without rows yet has no entry.
KNOW_TABLE = (
    "INSERT INTO sqlite_sequence (name, seq) "
    "SELECT %s, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)"
)
RESERVE = "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s"


@dataclass(frozen=True)
class Change:
    """A value that differs between two snapshots. `before` and `after` are None where the row or field is missing."""

    row: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Conflict:
    """A value that a draft and the live item changed differently since the draft was begun."""

    row: str
    field: str
    base: Any
    live: Any
    draft: Any


@dataclass(frozen=True)
class Parts:
    """Parts of an item: rows of `model` whose foreign key `parent_field` refers to it."""

    model: type[Content]
    parent_field: str

    def of(self, keys: Iterable[int]) -> models.QuerySet:
        return self.model._base_manager.filter(**{f"{self.parent_field}__in": list(keys)})

    @property
    def unique_fields(self) -> dict[tuple[str, ...], models.UniqueConstraint]:
        """The fields whose values no two parts of one item may share, with their constraints."""
        return {
            tuple(name for name in constraint.fields if name != self.parent_field): constraint
            for constraint in self.model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
            and self.parent_field in constraint.fields
            and constraint.condition is None
        }

    def release_unique_values(self, keys: Iterable[int]) -> None:
        """Give the parts `keys` temporary values in a text that must be unique, so that they can exchange theirs.

        The database compares each row with all others at once. The caller writes the parts next.
        """
        rows = self.model._base_manager.filter(pk__in=list(keys))
        temporary = Concat(models.Value("~"), Cast("pk", models.CharField()))
        for names in self.unique_fields:
            text = next(name for name in names if isinstance(self.model._meta.get_field(name), models.CharField))
            rows.update(**{text: temporary})


@cache
def parts_of(model: type[Content]) -> dict[str, Parts]:
    """Return section → parts that are edited in the form of `model`."""
    return {
        other.content_section: Parts(other, name)
        for other in content_models()
        for name in other.parent_fields
        if other._meta.get_field(name).related_model is model
    }


def with_parts(item: Content) -> list[Content]:
    """Return `item` and its stored parts."""
    return [item, *(part for parts in parts_of(type(item)).values() for part in parts.of([item.pk]))]


@cache
def recorded_fields(model: type[Content]) -> dict[str, models.Field]:
    """Return the fields of `model` that a snapshot contains, by name. Many-to-many fields come last."""
    fields = model._meta.concrete_fields
    # django-modeltranslation keeps the text of the source language in the field without a language too.
    localized: list[Any] = [field for field in fields if isinstance(field, TranslationField)]
    copies = {field.translated_field.name for field in localized}
    excluded = {*copies, *INTERNAL_FIELDS, *model.parent_fields}
    recorded = [f for f in fields if (f.editable or f.name == "key") and f.name not in excluded]
    return {field.name: field for field in (*recorded, *model._meta.many_to_many)}


def as_json(values: Values) -> Values:
    return json.loads(json.dumps(values, cls=DjangoJSONEncoder))


def row_values(rows: models.QuerySet[Any]) -> dict[int, tuple[Content, Values]]:
    """Return primary key → (item, values) of content."""
    model: Any = rows.model
    fields = recorded_fields(model)
    columns = [field for field in fields.values() if not field.many_to_many]
    found = {}
    for item in rows.order_by("pk"):
        values = {field.name: field.get_prep_value(field.value_from_object(item)) for field in columns}
        found[item.pk] = (item, as_json(values))
    for field in fields.values():
        if field.many_to_many:
            add_links(field, {key: values for key, (_item, values) in found.items()})
    return found


def add_links(field: Any, rows: dict[int, Values]) -> None:
    """Add the primary keys that a many-to-many field refers to, in ascending order."""
    for values in rows.values():
        values[field.name] = []
    through, source, target = field.remote_field.through, field.m2m_field_name(), field.m2m_reverse_field_name()
    links = through._base_manager.filter(**{f"{source}__in": list(rows)}).order_by(f"{target}_id")
    for owner, linked in links.values_list(f"{source}_id", f"{target}_id"):
        rows[owner][field.name].append(linked)


def take(model: type[Content], keys: Collection[int]) -> dict[int, Snapshot]:
    """Return primary key → snapshot of the items that exist. The number of queries depends on the model only."""
    items = row_values(model._base_manager.filter(pk__in=list(keys)))
    snapshots: dict[int, Snapshot] = {key: {ITEM: values} for key, (_item, values) in items.items()}
    for section, parts in parts_of(model).items():
        for key, (part, values) in row_values(parts.of(snapshots)).items():
            snapshots[getattr(part, f"{parts.parent_field}_id")][f"{section}.{key}"] = values
    return snapshots


def model_of_row(model: type[Content], row: str) -> type[Content] | None:
    """Return the model of a row of a snapshot, or None if items of this kind no longer have such parts."""
    if row == ITEM:
        return model
    parts = parts_of(model).get(row.partition(".")[0])
    return parts.model if parts else None


def references(model: type[Content], snapshot: Snapshot) -> Iterator[tuple[str, Any, Any]]:
    """Yield row, field and primary key for each item that a snapshot refers to."""
    for row, values in snapshot.items():
        row_model = model_of_row(model, row)
        for name, field in (recorded_fields(row_model) if row_model else {}).items():
            value = values.get(name)
            if field.is_relation and value is not None:
                for key in value if isinstance(value, list) else [value]:
                    yield row, field, key


@cache
def referring_fields(model: type[models.Model]) -> tuple[Any, ...]:
    """Return the fields of content that refer to `model`, without those of parts to their item."""
    fields = (field for other in content_models() for field in recorded_fields(other).values())
    return tuple(field for field in fields if field.is_relation and field.related_model is model)


def refers_to_deleted(model: type[Content], snapshot: Snapshot) -> bool:
    """Whether a snapshot refers to items that do not exist. Takes one query for each model that it refers to."""
    keys: dict[Any, set[Any]] = defaultdict(set)
    for _row, field, key in references(model, snapshot):
        keys[field.related_model].add(key)
    return any(other._base_manager.filter(pk__in=found).count() < len(found) for other, found in keys.items())


def links(model: type[Content], key: int, snapshot: Snapshot) -> dict[Link, set[tuple[type[models.Model], Any]]]:
    """Return the links of the rows of a snapshot, with the models and primary keys of the items that they lead to."""
    found: dict[Link, set[tuple[type[models.Model], Any]]] = defaultdict(set)
    for row, field, target in references(model, snapshot):
        link = (field.model._meta.label_lower, int(row.partition(".")[2] or key), field.name)
        found[link].add((field.related_model, target))
    return found


def links_to(model: type[Content], keys: Collection[int]) -> list[Link]:
    """Return the stored links to items that do not prevent their deletion. The number of queries depends on `model`."""
    found: list[Link] = []
    for field in referring_fields(model):
        if field.many_to_many or field.remote_field.on_delete is models.SET_NULL:
            rows = field.model._base_manager.filter(**{f"{field.name}__in": list(keys)}).order_by("pk").distinct()
            found += [(field.model._meta.label_lower, key, field.name) for key in rows.values_list("pk", flat=True)]
    return found


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """Return the values that differ, in the order of the rows and fields of `after`."""
    found = []
    for row in dict.fromkeys((*after, *before)):
        old, new = before.get(row, {}), after.get(row, {})
        for field in dict.fromkeys((*new, *old)):
            if old.get(field) != new.get(field):
                found.append(Change(row, field, old.get(field), new.get(field)))
    return found


def merge(base: Snapshot, live: Snapshot, draft: Snapshot) -> tuple[Snapshot, list[Conflict]]:
    """Apply the changes from `base` to `draft` on `live`. Return the result and the conflicts.

    In a conflict, the result has the value of the draft. Links are merged one by one, so they have no conflicts.
    """
    merged: Snapshot = {}
    conflicts = []
    for row in dict.fromkeys((*live, *draft)):
        in_base, in_live, in_draft = row in base, row in live, row in draft
        if in_base and not (in_live and in_draft):
            # Somebody deleted the row, and the other side may have changed it.
            if in_draft and draft[row] != base[row]:
                conflicts.append(Conflict(row, "", base[row], None, draft[row]))
                merged[row] = draft[row]
            elif in_live and live[row] != base[row]:
                conflicts.append(Conflict(row, "", base[row], live[row], None))
            continue
        merged[row], found = merge_row(row, base.get(row, {}), live.get(row, {}), draft.get(row, {}))
        conflicts += found
    return merged, conflicts


def merge_row(row: str, base: Values, live: Values, draft: Values) -> tuple[Values, list[Conflict]]:
    merged: Values = {}
    conflicts = []
    for field in dict.fromkeys((*live, *draft)):
        # A field that one side does not have was added or removed by an upgrade.
        theirs = live.get(field, draft.get(field))
        ours = draft.get(field, theirs)
        # A row that both sides added, such as one that was restored, has no base.
        before = base.get(field, theirs if base else None)
        if isinstance(ours, list) and isinstance(theirs, list):
            added, removed = set(ours) - set(before or []), set(before or []) - set(ours)
            merged[field] = sorted((set(theirs) - removed) | added)
            continue
        merged[field] = theirs if ours == before else ours
        if ours not in (before, theirs) and theirs != before:
            conflicts.append(Conflict(row, field, before, theirs, ours))
    return merged, conflicts


def write(model: type[Content], key: int, snapshot: Snapshot) -> Content:
    """Make the stored item equal to `snapshot`. Must run in a transaction. A deleted item gets its old primary key.

    Fields that no longer exist are ignored. Raises IntegrityError if the database refuses the values, such as a slug
    that another item has.
    """
    item = write_row(model, key, snapshot[ITEM])
    for section, parts in parts_of(model).items():
        rows = part_rows(section, snapshot)
        for unused in parts.of([key]).exclude(pk__in=rows):
            unused.delete()
        parts.release_unique_values(rows)
        for part_key, values in rows.items():
            write_row(parts.model, part_key, values, {f"{parts.parent_field}_id": key})
    return item


def row_of(item: Content) -> str:
    """Return the name of the row of `item` in the snapshot of its owner."""
    return ITEM if item.owner is item else f"{item.content_section}.{item.pk}"


def part_rows(section: str, snapshot: Snapshot) -> dict[int, Values]:
    """Return primary key → values of the parts of one section."""
    found = {}
    for row, values in snapshot.items():
        name, _dot, key = row.partition(".")
        if row != ITEM and name == section:
            found[int(key)] = values
    return found


def write_row(model: type[Content], key: int, values: Values, owner: Values | None = None) -> Content:
    make: Any = model
    stored = model._base_manager.filter(pk=key).first()
    item: Any = stored or make(pk=key)
    links = {}
    for name, field in recorded_fields(model).items():
        if name not in values:
            continue
        if field.many_to_many:
            links[name] = values[name]
        elif field.is_relation and values[name] != getattr(item, field.attname):
            setattr(item, field.attname, existing_key(field, values[name]))
        else:
            set_value(item, field, values[name])
    for name, value in (owner or {}).items():
        setattr(item, name, value)
    if owner and stored is None and model._base_manager.filter(key=item.key).exists():
        # A part that was added meanwhile has the key. Saving makes another one.
        item.key = ""
    item.save(force_insert=stored is None)
    for name, keys in links.items():
        manager = getattr(item, name)
        # Items that were deleted meanwhile are left out.
        manager.set(manager.model._base_manager.filter(pk__in=keys))
    return item


def set_value(item: Content, field: Any, value: Any) -> None:
    """Set a field of `item`, which is not many-to-many, to a value of a snapshot."""
    if isinstance(field, models.FileField):
        setattr(item, field.name, value)
    else:
        setattr(item, field.attname, field.to_python(value) if value is not None else None)


def unsaved(model: type[Content], key: int, values: Values, owner: Values) -> Content:
    """Return a part with the values of a row, without storing it. `owner` has the key of its item."""
    make: Any = model
    part: Content = make(pk=key, **owner)
    for name, field in recorded_fields(model).items():
        if name in values and not field.many_to_many:
            set_value(part, field, values[name])
    return part


def existing_key(field: Any, key: Any) -> Any:
    """Return the primary key `key` that a foreign key refers to, or None if that item was deleted meanwhile.

    Raises IntegrityError if the field cannot be empty. The database would find this at the end of the transaction only.
    """
    if key is None or field.related_model._base_manager.filter(**{field.target_field.name: key}).exists():
        return key
    if not field.null:
        raise IntegrityError(f"{field} refers to a deleted item.")
    return None


def reserve_keys(model: type[Content], snapshot: Snapshot) -> None:
    """Keep the primary keys of new parts in `snapshot` from being given to other rows.

    The rows were inserted in a transaction that was rolled back. PostgreSQL never gives a key twice. SQLite does,
    because a rollback resets its counter.
    """
    if connection.vendor != "sqlite":
        return
    for section, parts in parts_of(model).items():
        keys = part_rows(section, snapshot)
        if keys:
            with connection.cursor() as cursor:
                cursor.execute(KNOW_TABLE, [parts.model._meta.db_table] * 2)
                cursor.execute(RESERVE, [max(keys), parts.model._meta.db_table])


def file_names(model: type[Content], snapshot: Snapshot) -> set[str]:
    """Return the names of the uploaded files in `snapshot`."""
    rows = [(model, snapshot.get(ITEM, {}))]
    for section, parts in parts_of(model).items():
        rows += [(parts.model, values) for values in part_rows(section, snapshot).values()]
    return {
        values[name]
        for row_model, values in rows
        for name, field in recorded_fields(row_model).items()
        if isinstance(field, models.FileField) and values.get(name)
    }
