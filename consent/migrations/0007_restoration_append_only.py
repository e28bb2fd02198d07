from django.db import migrations

TABLE = "consent_restoration"


def refuse_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION consent_refuse_change()"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION consent_refuse_change()"
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    for action in ("UPDATE", "DELETE"):
        schema_editor.execute(f"CREATE TRIGGER {TABLE}_no_{action.lower()} BEFORE {action} ON {TABLE} {refuse}")
    # INSERT OR REPLACE deletes the row in its way without asking the trigger on DELETE.
    schema_editor.execute(
        f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR digest = NEW.digest) {refuse}"
    )


def allow_changes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ("change", "truncate"):
            schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{name} ON {TABLE}")
    else:
        for name in ("update", "delete", "replace"):
            schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{name}")


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_restoration")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
