"""Erasing of personal data: fields of an item are emptied in every place where the site keeps their values."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.utils.html import format_html, strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modeltranslation.fields import TranslationField
from modeltranslation.utils import build_localized_fieldname
from PIL import Image

from editorial.acting import SYSTEM
from editorial.admin_urls import text_url
from editorial.fields import RichTextField
from editorial.models.approval import ApprovalRequest
from editorial.models.content import Content
from editorial.models.import_state import ImportState
from editorial.models.preview import PreviewedForm
from editorial.models.revision import Revision, RevisionFile, State
from editorial.models.slugs import PastSlug
from editorial.models.unsaved_input import StoredInput
from editorial.revisions import snapshots, sources
from editorial.revisions.snapshots import ITEM, Snapshot, Values, model_of_row
from translations.status.models import SourceText, Translation
from triggers.locks import locked

# Revisions that are rewritten at a time.
CHUNK = 200
# Replaces erased texts in log entries and comments.
ELLIPSIS = "…"
# Within longer texts, shorter ones are not replaced, because they are parts of other words.
SHORT = 4
# Size and colour of the picture that replaces one that may not be missing.
PLACEHOLDER_SIZE, PLACEHOLDER_COLOUR = (1728, 1152), "#c8c8c8"
# Name of the field for the comments of all revisions and approvals of the item, which may name a person in other words.
COMMENTS = "revision_comments"
Place = tuple[type[models.Model], int]


@dataclass(frozen=True)
class ErasedField:
    """A field of a row of a snapshot, in all languages: `name` is "title" and not "title_en"."""

    row: str
    name: str
    # Text for a field that may not be empty, in the source language.
    replacement: str = ""

    def label(self, model: type[Content]) -> str:
        """The name of the field, and of the kind of part that it is in, without the name of the part."""
        row_model = model_of_row(model, self.row)
        label = field_name(row_model, self.name)
        return label if self.row == ITEM or not row_model else f"{capfirst(row_model._meta.verbose_name)}: {label}"


def field_name(model: type[Content] | None, name: str) -> str:
    if name == COMMENTS:
        return _("Comments in the history")
    try:
        field: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        field = None
    return capfirst(str(getattr(field, "verbose_name", name.replace("_", " "))))


def columns_of(model: type[Content] | None, name: str) -> dict[str, models.Field | None]:
    """Return the names in snapshots of a field in all languages. A field that no longer exists has its own name."""
    fields = snapshots.recorded_fields(model) if model else {}
    found: dict[str, models.Field | None] = {
        column: field for column, field in fields.items() if untranslated(field, column) == name
    }
    return found or {name: None}


def untranslated(field: Any, column: str) -> str:
    return field.translated_field.name if isinstance(field, TranslationField) else column


def is_erasable(field: models.Field | None, column: str, model: type[Content] | None) -> bool:
    """Whether a field can contain personal data: a text or a file, but no choice."""
    if field is None:
        return True
    if column == "key":
        # The program finds items of kinds without drafts by their keys.
        return bool(model and model.has_drafts)
    return isinstance(field, models.CharField | models.TextField | models.FileField) and not field.choices


def needs_replacement(model: type[Content] | None, name: str) -> bool:
    """Whether a text must replace that of the field, because it may not be empty."""
    field = model._meta.get_field(name) if model and None not in columns_of(model, name).values() else None
    return isinstance(field, models.Field) and not field.blank and not isinstance(field, models.FileField)


def is_file(model: type[Content] | None, name: str) -> bool:
    return any(isinstance(field, models.FileField) for field in columns_of(model, name).values())


def replaced_column(model: type[Content], name: str) -> models.Field:
    """Return the field that gets the replacement: that of the source language if the field is translated."""
    columns = columns_of(model, name)
    return columns.get(build_localized_fieldname(name, settings.LANGUAGE_CODE)) or columns[name]  # type: ignore[return-value]


def clean_replacement(model: type[Content], name: str, text: str) -> Any:
    """Return `text` as a value of the field. Raises ValidationError."""
    field = replaced_column(model, name)
    if isinstance(field, RichTextField):
        text = format_html("<p>{}</p>", text)
    return field.get_prep_value(field.clean(str(text), None))


def erasable(model: type[Content], key: int) -> dict[str, dict[str, list[str]]]:
    """Return row → field → its different values in all languages, the present ones first. Files have their names."""
    found: dict[str, dict[str, list[str]]] = {}
    for snapshot in every_snapshot(model, key):
        for row, values in snapshot.items():
            row_model = model_of_row(model, row)
            fields = snapshots.recorded_fields(row_model) if row_model else {}
            for column, value in values.items():
                field = fields.get(column)
                if value and isinstance(value, str) and is_erasable(field, column, row_model):
                    add_text(found, row, untranslated(field, column), value)
    for row, name, text in texts_of_translations(model, key, found):
        add_text(found, row, name, text)
    comments = list(Revision.objects.of_key(model, key).values_list("comment", flat=True))
    for pair in approvals_of({(model, key)}).values_list("message", "comment"):
        comments += pair
    if texts := list(filter(None, dict.fromkeys(comments))):
        found.setdefault(ITEM, {})[COMMENTS] = texts
    return dict(sorted(found.items(), key=lambda pair: pair[0] != ITEM))


def add_text(found: dict[str, dict[str, list[str]]], row: str, name: str, text: str) -> None:
    texts = found.setdefault(row, {}).setdefault(name, [])
    if text and text not in texts:
        texts.append(text)


def texts_of_translations(model: type[Content], key: int, rows: Collection[str]) -> list[tuple[str, str, str]]:
    """Return row, field and text of the source texts and the drafts of the desk, also those of a deleted item."""
    empty: Snapshot = {row: {} for row in rows}
    places = {(part._meta.label_lower, number): row for row, part, number in sources.located(model, key, empty)}
    # The base manager, because the default one deletes the texts of deleted items.
    drafts = Translation._base_manager.filter(sources.among(places)).exclude(draft="")
    found = [
        (places[label, number], name, text)
        for texts, column in ((SourceText.objects.filter(sources.among(places)), "text"), (drafts, "draft"))
        for label, number, name, text in texts.values_list("model", "object_id", "field", column)
    ]
    for states in Revision.objects.of_key(model, key).exclude(translations={}).values_list("translations", flat=True):
        for row, columns in states.items():
            row_model = model_of_row(model, row)
            fields = snapshots.recorded_fields(row_model) if row_model else {}
            for column, pair in columns.items():
                found += [(row, untranslated(fields.get(column), column), text) for text in pair if text]
    return found


def every_snapshot(model: type[Content], key: int) -> Iterator[Snapshot]:
    yield from snapshots.take(model, [key]).values()
    yield from Revision.objects.of_key(model, key).values_list("data", flat=True).iterator()


def erase(model: type[Content], key: int, fields: Collection[ErasedField], comment: str, author_name: str) -> None:
    """Erase `fields` of an item and record that as a revision. Must run in a transaction."""
    Revision.objects.record(author_name=SYSTEM)
    locked(model, key)
    values = values_after(model, fields)
    # Texts and names of files that were erased.
    texts: set[str] = set()
    files: set[str] = set()
    places = {row: place(model, key, row) for row in values}
    erased = are_of(fields, places)
    # Read before the change, which deletes the translations. The base manager, because the default one processes it.
    desk_keys = list(Translation._base_manager.filter(erased).values_list("pk", flat=True))
    owners = write_rows(values, places, texts, files)
    revisions = rewrite_revisions(model, key, values, texts, files)
    if COMMENTS in values.get(ITEM, {}):
        approvals_of({(model, key)}).update(message="", comment="")
    erase_approvals({(model, key), *revisions}, texts)
    erase_previewed_forms({(model, key), *revisions})
    erase_addresses(model, values.get(ITEM, {}), texts)
    erase_translations(erased)
    erase_input(model, key, values, places, desk_keys)
    erase_logs({(model, key), *filter(None, places.values()), *owners, *revisions}, texts)
    add_revision(model, key, comment, author_name)
    # Local import, because files.py imports the models.
    from editorial.files import delete_unless_named

    for name in files:
        transaction.on_commit(partial(delete_unless_named, name), robust=True)


def place(model: type[Content], key: int, row: str) -> Place | None:
    """Return the model and primary key of a row, or None if such parts no longer exist."""
    row_model = model_of_row(model, row)
    return (row_model, key if row == ITEM else int(row.partition(".")[2])) if row_model else None


def values_after(model: type[Content], fields: Collection[ErasedField]) -> Snapshot:
    """Return row → column → value after the erasure. The value of a field that no longer exists is None."""
    after: Snapshot = {}
    for erased in fields:
        row_model = model_of_row(model, erased.row)
        columns = columns_of(row_model, erased.name)
        row = after.setdefault(erased.row, {})
        for column, field in columns.items():
            if isinstance(field, models.FileField) and not field.blank:
                row[column] = store_placeholder(row_model, field)
            else:
                row[column] = None if field is None or field.null else ""
        if erased.replacement and row_model and None not in columns.values():
            column = replaced_column(row_model, erased.name).name
            row[column] = clean_replacement(row_model, erased.name, erased.replacement)
    return after


def store_placeholder(model: Any, field: models.FileField) -> str:
    """Store a grey picture, and return its name."""
    content = BytesIO()
    Image.new("RGB", PLACEHOLDER_SIZE, PLACEHOLDER_COLOUR).save(content, "PNG")
    return field.storage.save(field.generate_filename(model(), "erased.png"), ContentFile(content.getvalue()))


def collect(field: Any, before: Any, after: Any, texts: set[str], files: set[str]) -> None:
    if before and isinstance(before, str) and before != after:
        if isinstance(field, models.FileField):
            files.add(before)
        else:
            texts.update({before, strip_tags(before)} - {""})


def write_rows(values: Snapshot, places: dict[str, Place | None], texts: set[str], files: set[str]) -> set[Place]:
    """Write the new values into the stored rows, and read them again. Return the items that own the rows."""
    owners: set[Place] = set()
    for row, new in values.items():
        row_model, key = places[row] or (None, 0)
        item: Any = row_model._base_manager.filter(pk=key).first() if row_model else None
        if item is None:
            continue
        fields: dict[str, Any] = dict(snapshots.recorded_fields(row_model)) if row_model else {}
        for column in new.keys() & fields.keys():
            field, value = fields[column], new[column]
            collect(field, field.get_prep_value(field.value_from_object(item)), value, texts, files)
            setattr(item, column, value)
        item.save()
        # As stored, such as with a new slug, so that the revisions equal the row.
        stored = snapshots.row_values(type(item)._base_manager.filter(pk=key))[key][1]
        new |= {column: stored[column] for column in new.keys() & fields.keys()}
        owners.add((type(item.owner), item.owner.pk))
    return owners


def rewrite_revisions(model: type[Content], key: int, values: Snapshot, texts: set[str], files: set[str]) -> set[Place]:
    """Write the new values into all revisions that have these rows. Return the items of these revisions."""
    named = Q(content_type=ContentType.objects.get_for_model(model), object_id=key)
    for row in values.keys() - {ITEM}:
        row_model = model_of_row(model, row)
        # A part may have belonged to another item before.
        for name in row_model.parent_fields if row_model else ():
            kind = ContentType.objects.get_for_model(row_model._meta.get_field(name).related_model)  # type: ignore
            named |= Q(content_type=kind, data__has_key=row)
    keys = list(Revision.objects.filter(named).order_by("pk").values_list("pk", flat=True))
    touched: set[Place] = set()
    for start in range(0, len(keys), CHUNK):
        chunk = list(Revision.objects.filter(pk__in=keys[start : start + CHUNK]).select_related("content_type"))
        placeholders = []
        for revision in chunk:
            touched.add((revision.model_class, revision.object_id))
            rewrite(revision, values, texts, files)
            revision.heading = revision.model_class.heading_of(revision.data.get(ITEM, {}))
            placeholders += [
                RevisionFile(revision=revision, file=name)
                for name in snapshots.file_names(revision.model_class, revision.data)
            ]
        Revision.objects.bulk_update(chunk, ["data", "translations", "heading"])
        RevisionFile.objects.filter(revision__in=chunk).delete()
        RevisionFile.objects.bulk_create(placeholders)
    if COMMENTS in values.get(ITEM, {}):
        Revision.objects.of_key(model, key).update(comment="")
    # After all texts are known.
    for revision in Revision.objects.filter(pk__in=keys).exclude(comment="").only("comment"):
        if (comment := without(revision.comment, texts)) != revision.comment:
            Revision.objects.filter(pk=revision.pk).update(comment=comment)
    return touched


def rewrite(revision: Revision, values: Snapshot, texts: set[str], files: set[str]) -> None:
    for row, new in values.items():
        row_model = model_of_row(revision.model_class, row)
        fields = snapshots.recorded_fields(row_model) if row_model else {}
        row_values: Values = revision.data.get(row, {})
        for column, value in new.items():
            if column not in row_values:
                continue
            collect(fields.get(column), row_values[column], value, texts, files)
            if column in fields:
                row_values[column] = value
            else:
                del row_values[column]
        for column in new.keys() & revision.translations.get(row, {}).keys():
            source, draft = revision.translations[row].pop(column)
            texts.update(filter(None, (source, draft)))


def approvals_of(items: Collection[Place]) -> models.QuerySet[ApprovalRequest]:
    condition = Q(pk__in=[])
    for model, key in items:
        kind = ContentType.objects.get_for_model(model)
        condition |= Q(revision__content_type=kind, revision__object_id=key)
    return ApprovalRequest.objects.filter(condition)


def erase_approvals(items: Collection[Place], texts: set[str]) -> None:
    """Erase the texts from messages and comments of approvals."""
    for approval in approvals_of(items).only("message", "comment"):
        message, comment = without(approval.message, texts), without(approval.comment, texts)
        if (message, comment) != (approval.message, approval.comment):
            ApprovalRequest.objects.filter(pk=approval.pk).update(message=message, comment=comment)


def erase_previewed_forms(items: Collection[Place]) -> None:
    """Delete the forms that staff previewed. They can be previewed again."""
    for model, key in items:
        PreviewedForm.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=key).delete()


def erase_addresses(model: type[Content], values: Values, texts: set[str]) -> None:
    """Erase earlier slugs, and the former key of the item."""
    section = model.content_section
    if "key" in values:
        PastSlug.objects.filter(section=section, key__in=texts).delete()
        ImportState.objects.filter(section=section, key__in=texts).update(key=values["key"])
    if any(column.startswith("slug_") for column in values):
        PastSlug.objects.filter(section=section, slug__in=texts).delete()


def are_of(fields: Collection[ErasedField], places: dict[str, Place | None]) -> Q:
    """Return the condition that a source text or a translation is one of these fields."""
    condition = Q(pk__in=[])
    for field in fields:
        if found := places[field.row]:
            condition |= Q(model=found[0]._meta.label_lower, object_id=found[1], field=field.name)
    return condition


def erase_translations(erased: Q) -> None:
    """Erase former source texts, and drafts of the desk."""
    # The manager processes the changes first.
    texts = Translation.objects.filter(erased)
    texts.update(draft="", translated_from=F("source"))
    present = texts.exclude(source=None).values("source")
    SourceText.objects.filter(erased).exclude(pk__in=present).delete()


def erase_input(
    model: type[Content], key: int, values: Snapshot, places: dict[str, Place | None], desk_keys: list[int]
) -> None:
    """Erase unsaved input of these fields from the server."""
    options = model._meta
    address = f"/{options.app_label}/{options.model_name}/"
    desk = [f"/translations/texttotranslate/{desk_key}/change/" for desk_key in desk_keys]
    # Pages of texts that only a draft has.
    desk += [text_url(model, key, row, column) for row, columns in values.items() for column in columns]
    in_desk = Q(pk__in=[])
    for path in desk:
        in_desk |= Q(path__endswith=path)
    StoredInput.objects.filter(in_desk).delete()
    # In a form, the entries of the item itself have no row. In a list, they have.
    names = {
        (row_key, column)
        for row, columns in values.items()
        for found in [places[row]]
        if found
        for row_key in ([None, str(key)] if row == ITEM else [str(found[1])])
        for column in columns
    }
    # The rows of a long inline have a page of their own, with a query.
    form = f"{address}{key}/change/"
    in_form = Q(path__endswith=form) | Q(path__contains=f"{form}?")
    in_form |= Q(path__endswith=address) | Q(path__contains=f"{address}?")
    for stored in StoredInput.objects.filter(in_form):
        stored.data["entries"] = [entry for entry in stored.data["entries"] if not is_input_of(entry, names)]
        stored.save(update_fields=["data"])


def is_input_of(entry: Any, names: set[tuple[str | None, str]]) -> bool:
    """Whether an entry of unsaved input is that of an erased field. A damaged entry counts as one."""
    try:
        row = entry["row"]
        return (str(row["id"]), row["field"]) in names if row else (None, entry["name"]) in names
    except (TypeError, KeyError):
        return True


def erase_logs(places: set[Place], texts: set[str]) -> None:
    """Erase the texts from the entries in the history of Django, which name items and parts."""
    for model, key in places:
        kind = ContentType.objects.get_for_model(model)
        for entry in LogEntry.objects.filter(content_type=kind, object_id=str(key)):
            name, message = without(entry.object_repr, texts), without_in_message(entry.change_message, texts)
            if (name, message) != (entry.object_repr, entry.change_message):
                LogEntry.objects.filter(pk=entry.pk).update(object_repr=name, change_message=message)


def without(text: str, erased: Collection[str]) -> str:
    """Return `text` without the erased ones."""
    for each in sorted(erased, key=len, reverse=True):
        # Django cuts long names.
        if text and (text == each or (len(text) >= SHORT and each.startswith(text.rstrip(ELLIPSIS)))):
            return ELLIPSIS
        if len(each) >= SHORT:
            text = text.replace(each, ELLIPSIS)
    return text


def without_in_message(message: str, erased: Collection[str]) -> str:
    try:
        parts = json.loads(message)
    except ValueError:
        return without(message, erased)
    if not isinstance(parts, list):
        return without(message, erased)
    for part in parts:
        for change in part.values():
            # The names of fields and kinds stay.
            if "object" in change:
                change["object"] = without(change["object"], erased)
    return json.dumps(parts)


def add_revision(model: type[Content], key: int, comment: str, author_name: str) -> None:
    """Record the erasure as the latest revision of the item."""
    recorded = Revision.objects.record(comment, author_name)
    if any(new.model_class is model and new.object_id == key for new in recorded):
        return
    revisions = Revision.objects.of_key(model, key)
    # The revision that describes the stored row or the deleted item, see `RevisionQuerySet.record`.
    of_row = revisions.exclude(state=State.PAST).exclude(base__isnull=False).first()
    last = of_row or revisions.filter(base=None).first()
    if last is None:
        return
    state = last.state
    Revision.objects.filter(pk=last.pk).update(state=State.PAST)
    copied = ("content_type", "object_id", "data", "translations", "links", "heading")
    new = Revision(**{name: getattr(last, name) for name in copied}, state=state, comment=comment)
    (new,) = Revision.objects.all().create_revisions([new], author_name)
    if state == State.DELETED:
        # The bin still shows who deleted the item, and keeps it no longer.
        facts = ("created_at", "author", "author_name", "comment")
        deletion, erasure = ({name: getattr(each, name) for name in facts} for each in (last, new))
        Revision.objects.filter(pk=new.pk).update(**deletion)
        Revision.objects.filter(pk=last.pk).update(**erasure)


def items_naming(text: str, limit: int) -> list[Revision]:
    """Return the items that contain `text`, each as its latest revision.

    The number of queries depends on the kinds of content only. SQLite stores letters of JSON that are not ASCII as
    escape sequences, and distinguishes their case.
    """
    as_text = Revision.objects.annotate(
        values_text=Cast("data", models.TextField()), states_text=Cast("translations", models.TextField())
    )
    condition = Q(comment__icontains=text) | Q(approval_requests__message__icontains=text)
    condition |= Q(approval_requests__comment__icontains=text)
    for escaped in {json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]}:
        condition |= Q(values_text__icontains=escaped) | Q(states_text__icontains=escaped)
    keys = as_text.filter(condition).order_by("content_type", "object_id").values_list("content_type", "object_id")
    found = {*keys.distinct()[:limit], *owners_of_texts(text, limit)}
    items = Q(pk__in=[])
    for kind, key in sorted(found)[:limit]:
        items |= Q(content_type=kind, object_id=key)
    latest = Revision.objects.filter(items).order_by("content_type", "object_id").values("content_type", "object_id")
    numbers = latest.annotate(latest=models.Max("pk")).values("latest")
    return list(
        Revision.objects.filter(pk__in=numbers)
        .select_related("content_type")
        .defer("data", "translations")
        .order_by("content_type", "heading")
    )


def owners_of_texts(text: str, limit: int) -> set[tuple[int, int]]:
    """Return the content types and keys of the items with `text` in a source text or in a draft of the desk."""
    keys: dict[str, set[int]] = {}
    # The base manager, because the default one processes changes, which the revisions have anyway.
    drafts = Translation._base_manager.filter(draft__icontains=text)
    for texts in (SourceText.objects.filter(text__icontains=text), drafts):
        for label, key in texts.order_by("model", "object_id").values_list("model", "object_id").distinct()[:limit]:
            keys.setdefault(label, set()).add(key)
    found: set[tuple[int, int]] = set()
    for label, of_model in keys.items():
        model = apps.get_model(label)
        # Without a name, select_related would load all relations.
        items = model._base_manager.filter(pk__in=of_model).select_related(*model.parent_fields or [None])
        for owner in (item.owner for item in items):
            found.add((ContentType.objects.get_for_model(owner).pk, owner.pk))
    return found
