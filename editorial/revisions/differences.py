"""Differences between two snapshots in words: by part, field and language, with marked words."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modeltranslation.fields import TranslationField

from editorial.fields import RichTextField
from editorial.models import Content, Revision
from editorial.revisions.snapshots import ITEM, Snapshot, Values, changes, model_of_row, recorded_fields, references
from translations.status.diff import visible_words, word_diff

EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True)
class FieldDifference:
    """A changed value, as HTML with <ins> and <del>. `id` names it in forms. `language` is that of its text, or ""."""

    id: str
    label: str
    language: str
    html: SafeString | str

    @property
    def language_name(self) -> str:
        return settings.CONTENT_LANGUAGES.get(self.language, self.language)


@dataclass(frozen=True)
class RowDifference:
    """The changed values of the item itself (`title` is "") or of one of its parts, which may be added or deleted."""

    row: str
    title: str
    is_added: bool
    is_deleted: bool
    fields: list[FieldDifference]


def field_label(model: type[models.Model] | None, name: str) -> tuple[str, str]:
    """Return the label of a field as its form shows it, and the code of the language of its text or ""."""
    try:
        field = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        field = None
    if isinstance(field, TranslationField):
        return capfirst(str(field.translated_field.verbose_name)), field.language
    return capfirst(str(getattr(field, "verbose_name", name.replace("_", " ")))), ""


def row_title(model: type[Content] | None, row: str, values: Values) -> str:
    """Return the name of a part of an item. The item itself has the title ""."""
    if row == ITEM:
        return ""
    if model is None:
        return row
    return f"{capfirst(model._meta.verbose_name)}: {model.heading_of(values)}"


def differences(model: type[Content], before: Snapshot, after: Snapshot) -> list[RowDifference]:
    """Return the values that differ, the item first. The number of queries depends on the model only."""
    names = Names(model, [before, after])
    by_row: dict[str, list[FieldDifference]] = {}
    for change in changes(before, after):
        row_model = model_of_row(model, change.row)
        field = recorded_fields(row_model).get(change.field) if row_model else None
        is_whole = change.row not in before or change.row not in after
        values = (change.before, change.after)
        if all(value in EMPTY for value in values) or (is_whole and has_default(field, values)):
            continue
        label, language = field_label(row_model, change.field)
        html = difference(field, change.before, change.after, names)
        shown = FieldDifference(f"{change.row}:{change.field}", label, language, html)
        by_row.setdefault(change.row, []).append(shown)
    for row in before.keys() ^ after.keys():
        by_row.setdefault(row, [])
    return [
        RowDifference(
            row,
            row_title(model_of_row(model, row), row, after.get(row) or before[row]),
            is_added=row != ITEM and row not in before,
            is_deleted=row != ITEM and row not in after,
            fields=by_row[row],
        )
        for row in dict.fromkeys((*after, *before))
        if row in by_row
    ]


def has_default(field: models.Field | None, values: tuple[Any, Any]) -> bool:
    """Whether a value of an added or deleted part is the one that new parts have."""
    return isinstance(field, models.Field) and field.has_default() and field.get_default() in values


def values_in_words(model: type[Content], snapshot: Snapshot) -> list[RowDifference]:
    """Return all values of a snapshot that are not empty, without marks."""
    names = Names(model, [snapshot])
    found = []
    for row, values in snapshot.items():
        row_model = model_of_row(model, row)
        fields = recorded_fields(row_model) if row_model else {}
        shown = [
            FieldDifference(f"{row}:{name}", *field_label(row_model, name), in_words(fields.get(name), value, names))
            for name, value in values.items()
            if value not in EMPTY
        ]
        found.append(RowDifference(row, row_title(row_model, row, values), False, False, shown))
    return found


class Names:
    """Names of the items that snapshots of a `model` refer to. A deleted item has the name that it had."""

    def __init__(self, model: type[Content], snapshots: Iterable[Snapshot]):
        self.of: dict[tuple[type[models.Model], Any], str] = {}
        keys: dict[type[models.Model], set[Any]] = defaultdict(set)
        for snapshot in snapshots:
            for _row, field, key in references(model, snapshot):
                keys[field.related_model].add(key)
        deleted = models.Q(pk__in=[])
        kinds: dict[int, type[models.Model]] = {}
        for related_model, found in keys.items():
            stored = related_model._base_manager.in_bulk(found)
            self.of |= {(related_model, key): str(item) for key, item in stored.items()}
            if missing := found - stored.keys():
                kind = ContentType.objects.get_for_model(related_model)
                kinds[kind.pk] = related_model
                deleted |= models.Q(content_type=kind, object_id__in=missing)
        if kinds:
            rows = Revision.objects.filter(deleted).order_by("pk")
            for kind_key, key, heading in rows.values_list("content_type", "object_id", "heading"):
                self.of[kinds[kind_key], key] = heading

    def name(self, model: type[models.Model], key: Any) -> str:
        return self.of.get((model, key)) or f"{capfirst(model._meta.verbose_name)} {key}"


def difference(field: models.Field | None, before: Any, after: Any, names: Names) -> SafeString:
    """Return the change of one value as HTML."""
    if is_text(field) and isinstance(before or "", str) and isinstance(after or "", str):
        return text_difference(field, before or "", after or "")
    if field is not None and field.many_to_many:
        lost = [key for key in before or [] if key not in (after or [])]
        gained = [key for key in after or [] if key not in (before or [])]
    else:
        lost, gained = [before], [after]
    pieces = [removed(in_words(field, value, names)) for value in lost if value not in EMPTY]
    pieces += [added(in_words(field, value, names)) for value in gained if value not in EMPTY]
    return format_html_join(" ", "{}", ((piece,) for piece in pieces))


def is_text(field: models.Field | None) -> bool:
    if field is None:
        return True
    if isinstance(field, models.FileField) or field.choices:
        return False
    return isinstance(field, models.CharField | models.TextField)


def text_difference(field: models.Field | None, before: str, after: str) -> SafeString:
    marked = word_diff(before, after)
    if not (before and after) or visible_words(before) != visible_words(after):
        return marked
    is_formatting = isinstance(field, RichTextField) and before.split() != after.split()
    if is_formatting:
        note = _("Only the formatting, a link or the language of a phrase changed:")
    else:
        note = _("Only spaces or line breaks changed:")
    return format_html("<em>{}</em> {}", note, marked)


def removed(html: SafeString | str) -> SafeString:
    return format_html('<del><span class="visually-hidden">{} </span>{}</del>', _("removed:"), html)


def added(html: SafeString | str) -> SafeString:
    return format_html('<ins><span class="visually-hidden">{} </span>{}</ins>', _("added:"), html)


def in_words(field: Any, value: Any, names: Names) -> SafeString | str:
    """Return a value as people read it, as HTML."""
    if isinstance(value, list) and field is not None and field.many_to_many:
        return format_html_join(", ", "{}", ((in_words(field, key, names),) for key in value))
    if field is not None and field.is_relation:
        return names.name(field.related_model, value)
    if isinstance(field, models.FileField):
        return picture(field, value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, RichTextField):
        return " ".join(visible_words(value))
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField | models.TimeField):
        return localize(field.to_python(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return str(value)


def picture(field: models.FileField, name: str) -> SafeString:
    """Return a small picture with the name of its file, which staff can see while a revision names it."""
    file = name.rpartition("/")[2]
    if not field.storage.exists(name):
        return format_html("{} ({})", file, _("The file no longer exists."))
    return format_html('<img class="revision-picture" src="{}" alt=""> {}', field.storage.url(name), file)
