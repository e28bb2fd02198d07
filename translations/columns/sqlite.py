"""Migrations on SQLite that keep columns of languages that the migrations do not have.

For most changes of a table, Django creates a new table from the state of the migrations and copies the columns that
this state has. It would drop the others.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from django.db.models import Model

INDEXES = """
    SELECT DISTINCT i.sql FROM sqlite_master i, pragma_index_info(i.name) c
    WHERE i.type = 'index' AND i.sql IS NOT NULL AND i.tbl_name = %s AND c.name IN ({names})"""


class SchemaEditor(DatabaseSchemaEditor):
    """A schema editor that keeps the columns of a table that the model does not have."""

    def _remake_table(self, model: type[Model], *args: Any, **kwargs: Any) -> None:
        table = model._meta.db_table
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, type FROM pragma_table_info(%s)", [table])
            types = dict(cursor.fetchall())
            for field in model._meta.local_concrete_fields:
                types.pop(field.column, None)
            if not types:
                super()._remake_table(model, *args, **kwargs)  # type: ignore[misc]
                return
            cursor.execute(INDEXES.format(names=", ".join(["%s"] * len(types))), [table, *types])
            indexes = [sql for (sql,) in cursor.fetchall()]
        quoted, kept, key = map(self.quote_name, (table, f"kept_{table}", str(model._meta.pk.column)))
        columns = ", ".join(map(self.quote_name, types))
        self.execute(f"CREATE TEMPORARY TABLE {kept} AS SELECT {key}, {columns} FROM {quoted}")
        super()._remake_table(model, *args, **kwargs)  # type: ignore[misc]
        for name, data_type in types.items():
            self.execute(f"ALTER TABLE {quoted} ADD COLUMN {self.quote_name(name)} {data_type} NULL")
        self.execute(
            f"UPDATE {quoted} SET ({columns}) = (SELECT {columns} FROM {kept} WHERE {kept}.{key} = {quoted}.{key})"
        )
        self.execute(f"DROP TABLE {kept}")
        for sql in indexes:
            self.execute(sql)


def use_schema_editor(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.SchemaEditorClass = SchemaEditor
