"""Database triggers that record the items to index, see `ItemToIndex`."""

from collections.abc import Iterator
from hashlib import sha256

from django.conf import settings
from django.db import connection, models

from search.models import ItemToIndex
from search.sources import all_sources
from triggers import Trigger

TABLE = ItemToIndex._meta.db_table
# Raise this number when texts give other words. The triggers then record all items again.
INDEX_VERSION = 3
ROWS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def insert_all(model: type[models.Model]) -> str:
    label, key, table = model._meta.label_lower, model._meta.pk.column, model._meta.db_table
    return f"INSERT INTO {TABLE} (model, object_id) SELECT '{label}', \"{key}\" FROM {table};"


def index_triggers(vendor: str) -> Iterator[Trigger]:
    languages = list(settings.CONTENT_LANGUAGES)
    sources = all_sources()
    for model in dict.fromkeys(source.model for source in sources):
        label, key, table = model._meta.label_lower, f'"{model._meta.pk.column}"', model._meta.db_table
        texts = [
            [getattr(text, "__name__", text) for text in (*source.name, *source.title, *source.summary, *source.text)]
            for source in sources
            if source.model is model
        ]
        digest = sha256(f"{INDEX_VERSION} {texts} {languages}".encode()).hexdigest()[:8]
        insert = f"/* {digest} */ INSERT INTO {TABLE} (model, object_id) VALUES ('{label}', {{}});"
        if vendor == "postgresql":
            body = insert.format(f"COALESCE(NEW.{key}, OLD.{key})")
            yield Trigger(
                "search", table, "INSERT OR DELETE OR UPDATE", body, tables=(TABLE,), on_install=insert_all(model)
            )
        else:
            for event, row in ROWS.items():
                body = insert.format(f"{row}.{key}")
                on_install = insert_all(model) if event == "INSERT" else ""
                yield Trigger("search", table, event, body, tables=(TABLE,), on_install=on_install)
    yield from following_triggers(vendor)


def following_triggers(vendor: str) -> Iterator[Trigger]:
    """Triggers on tables from which items of other tables have texts."""
    bodies: dict[type[models.Model], str] = {}
    for source in all_sources():
        for followed in source.follows:
            bodies[followed] = f"{bodies.get(followed, '')} {insert_all(source.model)}".strip()
    for followed, body in bodies.items():
        events = ["INSERT OR DELETE OR UPDATE"] if vendor == "postgresql" else ["INSERT", "UPDATE", "DELETE"]
        level = "STATEMENT" if vendor == "postgresql" else "ROW"
        for event in events:
            yield Trigger("searchtexts", followed._meta.db_table, event, body, level=level, tables=(TABLE,))


def mark_all_items() -> None:
    """Record all items of content, so that they are indexed again."""
    with connection.cursor() as cursor:
        for model in dict.fromkeys(source.model for source in all_sources()):
            cursor.execute(insert_all(model))
