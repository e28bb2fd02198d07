"""Database triggers that act in the transaction of a change.

They add the old slug of an item to the slug history, and mark changed items, whose revisions are recorded later. The
record of erasures is append-only.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from modeltranslation.utils import build_localized_fieldname

from editorial.models import ContentErasure, PastSlug, SluggableContent, UnrecordedChange, content_models
from triggers import Trigger
from triggers.append_only import append_only

TABLE = PastSlug._meta.db_table
# Languages without a slug give no row. If two items had the same slug, the later one replaces the earlier.
INSERT = (
    f"INSERT INTO {TABLE} (section, language, slug, key) SELECT '{{section}}', language, slug, OLD.key "
    "FROM ({slugs}) AS old WHERE slug <> '' AND {condition} "
    "ON CONFLICT (section, language, slug) DO UPDATE SET key = excluded.key;"
)
EVENTS = {
    "UPDATE": (
        "SELECT '{code}' AS language, OLD.{slug} AS slug, NEW.{slug} AS new_slug",
        "slug IS DISTINCT FROM new_slug",
    ),
    # Visitors never saw the URL of an unpublished item.
    "DELETE": ("SELECT '{code}' AS language, OLD.{slug} AS slug", "OLD.is_published"),
}


def slug_triggers(vendor: str) -> Iterator[Trigger]:
    slugs = {code: build_localized_fieldname("slug", code) for code in settings.CONTENT_LANGUAGES}
    for model in content_models():
        if not issubclass(model, SluggableContent):
            continue
        for event, (row, condition) in EVENTS.items():
            rows = " UNION ALL ".join(row.format(code=code, slug=f'"{slug}"') for code, slug in slugs.items())
            body = INSERT.format(section=model.content_section, slugs=rows, condition=condition)
            columns = ("key", "is_published", *slugs.values())
            yield Trigger("slugs", model._meta.db_table, event, body, columns=columns, tables=(TABLE,))


UNRECORDED = UnrecordedChange._meta.db_table
# Event → the rows whose items are marked. A part may move from one item to another.
CHANGED_ROWS = {"INSERT": ("NEW",), "UPDATE": ("NEW", "OLD"), "DELETE": ("OLD",)}


def revision_triggers(vendor: str) -> Iterator[Trigger]:
    for model in content_models():
        owners: list[tuple[str, str]] = [(model._meta.label_lower, str(model._meta.pk.column))]
        if model.parent_fields:
            parents: list[Any] = [model._meta.get_field(name) for name in model.parent_fields]
            owners = [(parent.related_model._meta.label_lower, parent.column) for parent in parents]
        yield from marking_triggers(model._meta.db_table, owners, marks_all=not model.parent_fields)
        for field in model._meta.local_many_to_many:
            owner = (model._meta.label_lower, field.m2m_column_name())
            yield from marking_triggers(field.m2m_db_table(), [owner])


def marking_triggers(table: str, owners: list[tuple[str, str]], marks_all: bool = False) -> Iterator[Trigger]:
    """Triggers that mark the items that own a changed row. `owners` has their labels and the columns with their keys.

    With `marks_all`, the installation marks all rows, so that each gets its first revision.
    """
    insert = f"INSERT INTO {UNRECORDED} (model, object_id) SELECT '{{0}}', {{1}}"
    for event, rows in CHANGED_ROWS.items():
        body = " ".join(
            f"{insert.format(label, f'{row}.{column}')} WHERE {row}.{column} IS NOT NULL;"
            for label, column in owners
            for row in rows
        )
        all_rows = " ".join(f'{insert.format(label, f"{column}")} FROM "{table}";' for label, column in owners)
        yield Trigger(
            "revisions",
            table,
            event,
            body,
            columns=tuple(column for _label, column in owners),
            tables=(UNRECORDED,),
            on_install=all_rows if marks_all and event == "INSERT" else "",
        )


def erasure_triggers(vendor: str) -> Iterator[Trigger]:
    return append_only(vendor, "erasures", ContentErasure._meta.db_table, [("id",)])
