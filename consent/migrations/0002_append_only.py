from django.db import migrations

# Table → the rows that may be deleted, and those that may be changed, as conditions on OLD and NEW.
# What is on record goes only where an erasure says why; a leaf changes only by being given its erasure.
ERASED = "EXISTS (SELECT 1 FROM consent_leaf l WHERE l.kind = 'decision' AND l.record = OLD.id AND l.erasure_id IS NOT NULL)"
GIVEN_ERASURE = (
    "OLD.erasure_id IS NULL AND NEW.erasure_id IS NOT NULL AND NEW.position = OLD.position AND NEW.kind = OLD.kind "
    "AND NEW.record = OLD.record AND NEW.digest = OLD.digest AND NEW.seal_id = OLD.seal_id"
)
A_YEAR_OLD = {"postgresql": "OLD.at < now() - interval '1 year'", "sqlite": "OLD.at < datetime('now', '-1 year')"}
NEVER = "1 = 0"
REFUSE = (
    "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'integrity_constraint_violation';"
)
TABLES = {
    "consent_decision": {"DELETE": ERASED, "UPDATE": NEVER},
    "consent_leaf": {"DELETE": NEVER, "UPDATE": GIVEN_ERASURE},
    "consent_seal": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_erasure": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_noticeversion": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_accessentry": {"DELETE": A_YEAR_OLD, "UPDATE": NEVER},
}


def refuse_changes(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION consent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{REFUSE} END $$"
        )
    for table, actions in TABLES.items():
        for action, allowed in actions.items():
            name = f"{table}_no_{action.lower()}"
            condition = allowed[vendor] if isinstance(allowed, dict) else allowed
            if vendor == "postgresql":
                create_on_postgresql(schema_editor, name, action, table, condition)
            else:
                schema_editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN NOT ({condition}) "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        if vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION consent_refuse_change()"
            )


def create_on_postgresql(schema_editor, name: str, action: str, table: str, condition: str):
    """A trigger of its own function, as a WHEN of PostgreSQL may not ask other tables."""
    row = "OLD" if action == "DELETE" else "NEW"
    schema_editor.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RETURN {row}; END IF; "
        f"{REFUSE} END $$"
    )
    schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def allow_changes(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table, actions in TABLES.items():
        for action in actions:
            name = f"{table}_no_{action.lower()}"
            if vendor == "postgresql":
                schema_editor.execute(f"DROP TRIGGER {name} ON {table}")
                schema_editor.execute(f"DROP FUNCTION {name}()")
            else:
                schema_editor.execute(f"DROP TRIGGER {name}")
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION consent_refuse_change()")


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
