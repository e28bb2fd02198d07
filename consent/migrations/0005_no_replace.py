from django.db import migrations

# SQLite's INSERT OR REPLACE deletes the rows that are in its way without asking the triggers on DELETE.
# Table → the columns, one or several together, that no two rows share.
KEYS = {
    "consent_decision": [("id",), ("digest",), ("predecessor",), ("attempt",)],
    "consent_leaf": [("position",), ("digest",), ("kind", "record")],
    "consent_seal": [("id",), ("number",), ("previous",), ("digest",)],
    "consent_erasure": [("id",), ("digest",)],
    "consent_noticeversion": [("id",), ("number",)],
    "consent_accessentry": [("id",)],
}
# Columns in which any number of rows may be empty.
MAY_BE_EMPTY = ("predecessor", "attempt")


def taken(table: str, columns: tuple[str, ...]) -> str:
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    filled = "".join(f" AND NEW.{column} <> ''" for column in columns if column in MAY_BE_EMPTY)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same}{filled})"


def refuse_replacing(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table, keys in KEYS.items():
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN {' OR '.join(taken(table, columns) for columns in keys)} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def allow_replacing(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in KEYS:
            schema_editor.execute(f"DROP TRIGGER {table}_no_replace")


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_lookups")]

    operations = [migrations.RunPython(refuse_replacing, allow_replacing)]
