"""Columns of the languages of the site.

The migrations of the program have columns for the languages that the program ships. An installation chooses its own
(`LANGUAGES`), without migrations of its own: after each `migrate`, the missing columns are created from the models.
Columns of languages that the site no longer has stay, with their texts.
"""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from modeltranslation.fields import TranslationField

from triggers.registry import Columns, existing_columns

# A column as model and field.
Column = tuple[type[models.Model], Any]


def model_columns() -> Iterator[Column]:
    """The columns that the models have in their own tables."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield from ((model, field) for field in model._meta.local_concrete_fields if field.column)


def read_columns(connection: BaseDatabaseWrapper) -> Columns:
    with connection.cursor() as cursor:
        return existing_columns(cursor, connection.vendor)


def names(columns: Iterable[Column]) -> list[str]:
    return [f"{model._meta.db_table}.{field.column}" for model, field in columns]


def missing_columns(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the columns of models that the database does not have, as table.column."""
    existing = read_columns(connection)
    return names(
        (model, field) for model, field in model_columns() if field.column not in existing.get(model._meta.db_table, {})
    )


def outdated_columns(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the columns of languages that `update_columns` would create or change, as table.column."""
    missing, altered = differences(connection)
    return names([*missing, *altered])


def differences(connection: BaseDatabaseWrapper) -> tuple[list[Column], dict[Column, str]]:
    """Return the missing columns of languages, and column → type for those with an outdated type.

    Migrations create and change the column of a field without a language. A field that has none is left to them.
    """
    existing = read_columns(connection)
    missing: list[Column] = []
    altered: dict[Column, str] = {}
    for model, field in model_columns():
        columns = existing.get(model._meta.db_table, {})
        if not isinstance(field, TranslationField) or field.translated_field.column not in columns:
            continue
        data_type = columns[field.translated_field.column]
        if field.column not in columns:
            missing.append((model, field))
        # SQLite does not limit the length of texts.
        elif connection.vendor == "postgresql" and columns[field.column] != data_type:
            altered[model, field] = data_type
    return missing, altered


def update_columns(connection: BaseDatabaseWrapper) -> list[str]:
    """Create the missing columns of languages, with their indexes, and change outdated types. Return table.column."""
    missing, altered = differences(connection)
    if not missing and not altered:
        return []
    editor: Any
    with connection.schema_editor() as editor:
        for model, field in missing:
            # SQLite cannot add a unique column. A unique index does the same.
            plain = copy.copy(field)
            plain._unique, plain.db_index, plain.default = False, False, models.NOT_PROVIDED
            editor.add_field(model, plain)
            if field.unique:
                editor.execute(editor._create_unique_sql(model, [field]))
            for index in editor._field_indexes_sql(model, field):
                editor.execute(index)
        for (model, field), data_type in altered.items():
            table, column = editor.quote_name(model._meta.db_table), editor.quote_name(field.column)
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {data_type}")
    return names([*missing, *altered])
