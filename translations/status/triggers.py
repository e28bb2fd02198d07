"""Triggers that note which items with translated texts changed, for `ChangedItem.objects.settle` to look at."""

from collections.abc import Iterator
from hashlib import sha256

from django.conf import settings

from translations.status.comparison import columns_of
from translations.status.models import ChangedItem, SourceText, Translation, text_fields, translated_models
from triggers import Trigger

TABLE = ChangedItem._meta.db_table
NOTE = f"INSERT INTO {TABLE} (model, object_id) "
KNOWN = (SourceText._meta.db_table, Translation._meta.db_table)
SQLITE_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def text_triggers(vendor: str) -> Iterator[Trigger]:
    for model in translated_models():
        label, key, table = model._meta.label_lower, f'"{model._meta.pk.column}"', model._meta.db_table
        # With other fields or languages the trigger is another one, and all items are looked at again.
        texts = sha256(f"{sorted(text_fields(model))} {list(settings.CONTENT_LANGUAGES)}".encode()).hexdigest()[:8]
        known = " UNION ".join(f"SELECT '{label}', object_id FROM {other} WHERE model = '{label}'" for other in KNOWN)
        note_all = f"{NOTE}SELECT '{label}', {key} FROM {table} UNION {known};"
        options = {"columns": columns_of(model), "tables": (TABLE, *KNOWN)}
        if vendor == "postgresql":
            body = f"/* {texts} */ {NOTE}VALUES ('{label}', COALESCE(NEW.{key}, OLD.{key}));"
            yield Trigger("texts", table, "INSERT OR DELETE OR UPDATE", body, on_install=note_all, **options)
            yield Trigger("texts", table, "TRUNCATE", f"{NOTE}{known};", level="STATEMENT", **options)
        else:
            for event, row in SQLITE_EVENTS.items():
                body = f"/* {texts} */ {NOTE}VALUES ('{label}', {row}.{key});"
                on_install = note_all if event == "INSERT" else ""
                yield Trigger("texts", table, event, body, on_install=on_install, **options)
