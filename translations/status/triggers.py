"""Database triggers that record changed items with translated texts, see `ChangedItem`."""

from collections.abc import Iterator
from hashlib import sha256
from typing import TypedDict

from django.conf import settings

from translations.status.changed_items import ChangedItem
from translations.status.comparison import text_columns
from translations.status.fields import text_fields, translated_models
from translations.status.models import SourceText, Translation
from triggers import Trigger

TABLE = ChangedItem._meta.db_table
INSERT = f"INSERT INTO {TABLE} (model, object_id) "
STATUS_TABLES = (SourceText._meta.db_table, Translation._meta.db_table)
SQLITE_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


class Needs(TypedDict):
    columns: tuple[str, ...]
    tables: tuple[str, ...]


def text_triggers(vendor: str) -> Iterator[Trigger]:
    for model in translated_models():
        label, key, table = model._meta.label_lower, f'"{model._meta.pk.column}"', model._meta.db_table
        # The digest changes the trigger when fields or languages change. Its installation then records all items.
        digest = sha256(f"{sorted(text_fields(model))} {list(settings.CONTENT_LANGUAGES)}".encode()).hexdigest()[:8]
        known = " UNION ".join(
            f"SELECT '{label}', object_id FROM {other} WHERE model = '{label}'" for other in STATUS_TABLES
        )
        insert_all = f"{INSERT}SELECT '{label}', {key} FROM {table} UNION {known};"
        needs: Needs = {"columns": text_columns(model), "tables": (TABLE, *STATUS_TABLES)}
        if vendor == "postgresql":
            body = f"/* {digest} */ {INSERT}VALUES ('{label}', COALESCE(NEW.{key}, OLD.{key}));"
            yield Trigger("texts", table, "INSERT OR DELETE OR UPDATE", body, on_install=insert_all, **needs)
            yield Trigger("texts", table, "TRUNCATE", f"{INSERT}{known};", level="STATEMENT", **needs)
        else:
            for event, row in SQLITE_EVENTS.items():
                body = f"/* {digest} */ {INSERT}VALUES ('{label}', {row}.{key});"
                on_install = insert_all if event == "INSERT" else ""
                yield Trigger("texts", table, event, body, on_install=on_install, **needs)
