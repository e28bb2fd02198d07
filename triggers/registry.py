"""Registry of the database triggers that apps declare, and their comparison with the database.

Triggers see every change of a row, including bulk updates, fixtures and plain SQL, which signals miss. The comparison
uses the text of the definitions in the database. So it finds changed declarations and triggers that somebody altered.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper, truncate_name

# Prefix of the triggers and functions that this app creates, replaces and drops.
PREFIX = "managed_"
# PostgreSQL truncates longer names.
MAX_NAME_LENGTH = 63
MISSING, ALTERED, SUPERFLUOUS = "missing", "altered", "superfluous"

DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    # Each trigger has a function of the same name, and dropping the function drops the trigger.
    "postgresql": """
        SELECT proname, string_agg(pg_get_triggerdef(t.oid, true) || ' ' || t.tgenabled::text, ' ') || ' ' || prosrc
        FROM pg_proc p LEFT JOIN pg_trigger t ON t.tgfoid = p.oid
        WHERE p.pronamespace = current_schema()::regnamespace GROUP BY p.oid, proname, prosrc""",
}
COLUMNS = {
    "sqlite": "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table'",
    "postgresql": """
        SELECT t.relname, c.attname, format_type(c.atttypid, c.atttypmod) FROM pg_class t
        JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')""",
}
# Table → column → type, as the database names it.
Columns = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Trigger:
    """A trigger for one database vendor.

    `body` contains SQL statements, or PL/pgSQL statements for PostgreSQL, each with a final semicolon. `event` lists
    events in the order of PostgreSQL's definitions: INSERT OR DELETE OR UPDATE OR TRUNCATE. SQLite allows one event.
    """

    # Short name of the trigger's purpose, such as "slugs".
    purpose: str
    table: str
    event: str
    body: str
    timing: str = "AFTER"
    # ROW or STATEMENT. SQLite only has ROW.
    level: str = "ROW"
    # SQLite's WHEN condition. PostgreSQL's conditions cannot read other tables, so there the body has the condition.
    condition: str = ""
    # Columns of the table that the trigger reads. The trigger is created only after a migration has created them.
    columns: tuple[str, ...] = ()
    # Other tables that the trigger reads or writes. The trigger is created only when they exist.
    tables: tuple[str, ...] = ()
    # SQL that runs after the trigger is created or replaced, to process changes that the trigger missed.
    on_install: str = ""

    @property
    def name(self) -> str:
        return truncate_name(f"{PREFIX}{self.purpose}_{self.table}_{self.event.split()[0].lower()}", MAX_NAME_LENGTH)

    def definition(self, vendor: str) -> str:
        """The definition as the database returns it."""
        if vendor == "postgresql":
            return f"{self.postgresql_head()} O {self.postgresql_body()}"
        condition = f" WHEN {self.condition}" if self.condition else ""
        head = f'CREATE TRIGGER "{self.name}" {self.timing} {self.event} ON "{self.table}" FOR EACH ROW'
        return f"{head}{condition} BEGIN {self.body} END"

    def postgresql_head(self) -> str:
        return (
            f"CREATE TRIGGER {self.name} {self.timing} {self.event} ON {self.table} "
            f"FOR EACH {self.level} EXECUTE FUNCTION {self.name}()"
        )

    def postgresql_body(self) -> str:
        result = "COALESCE(NEW, OLD)" if self.level == "ROW" else "NULL"
        return f"BEGIN {self.body} RETURN {result}; END"

    def is_applicable(self, columns: Columns) -> bool:
        """Whether the database has the tables and columns that the trigger needs."""
        return columns.get(self.table, {}).keys() >= set(self.columns) and {self.table, *self.tables} <= set(columns)

    def create(self, cursor: CursorWrapper, vendor: str):
        if vendor == "postgresql":
            cursor.execute(
                f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $trigger${self.postgresql_body()}"
                "$trigger$"
            )
            cursor.execute(self.postgresql_head())
        else:
            cursor.execute(self.definition(vendor))
        if self.on_install:
            cursor.execute(self.on_install)


Declaration = Callable[[str], Iterable[Trigger]]
declarations: list[Declaration] = []


def register(declaration: Declaration):
    """Register a function that returns the triggers of an app for a database vendor. Call it in `AppConfig.ready`."""
    declarations.append(declaration)


def registered(vendor: str) -> dict[str, Trigger]:
    """Return name → trigger for the triggers of all apps. Raises ValueError for a duplicate name."""
    found: dict[str, Trigger] = {}
    for trigger in (trigger for declaration in declarations for trigger in declaration(vendor)):
        if found.setdefault(trigger.name, trigger) is not trigger:
            raise ValueError(f"There are two triggers with the name {trigger.name}.")
    return found


def installed(cursor: CursorWrapper, vendor: str) -> dict[str, str | None]:
    """Return name → definition for this app's triggers in the database. None means that only the function exists."""
    cursor.execute(DEFINITIONS[vendor])
    return {name: definition for name, definition in cursor.fetchall() if name.startswith(PREFIX)}


def existing_columns(cursor: CursorWrapper, vendor: str) -> Columns:
    """Return the tables of the database with their columns."""
    columns: Columns = {}
    cursor.execute(COLUMNS[vendor])
    for table, column, data_type in cursor.fetchall():
        columns.setdefault(table, {})[column] = data_type
    return columns


def applicable(cursor: CursorWrapper, vendor: str) -> dict[str, Trigger]:
    """Return name → trigger for the registered triggers whose tables and columns exist."""
    columns = existing_columns(cursor, vendor)
    return {name: trigger for name, trigger in registered(vendor).items() if trigger.is_applicable(columns)}


def faults(connection: BaseDatabaseWrapper, purpose: str = "") -> dict[str, str]:
    """Return name → "missing", "altered" or "superfluous" for each trigger that differs from the registry.

    `purpose` limits the comparison to triggers with this purpose.
    """
    with connection.cursor() as cursor:
        triggers, definitions = applicable(cursor, connection.vendor), installed(cursor, connection.vendor)
    found = {}
    prefix = f"{PREFIX}{purpose}_" if purpose else PREFIX
    for name in sorted(triggers.keys() | definitions.keys()):
        if not name.startswith(prefix):
            continue
        if name not in triggers:
            found[name] = SUPERFLUOUS
        elif definitions.get(name) is None:
            found[name] = MISSING
        elif definitions[name] != triggers[name].definition(connection.vendor):
            found[name] = ALTERED
    return found


def install(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Create, replace and drop triggers until the database matches the registry. Returns the corrected faults."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        found = faults(connection)
        triggers, definitions = applicable(cursor, connection.vendor), installed(cursor, connection.vendor)
        for name, fault in found.items():
            if name in definitions:
                drop(cursor, connection.vendor, name)
            if fault != SUPERFLUOUS:
                triggers[name].create(cursor, connection.vendor)
    return found


def remove(connection: BaseDatabaseWrapper, app_labels: set[str]):
    """Drop the triggers that use tables of these apps, because they could make migrations fail."""
    if not app_labels:
        return
    owners = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
    unrelated = {
        name
        for name, trigger in registered(connection.vendor).items()
        if app_labels.isdisjoint({owners.get(table) for table in (trigger.table, *trigger.tables)})
    }
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for name in installed(cursor, connection.vendor).keys() - unrelated:
            drop(cursor, connection.vendor, name)


def drop(cursor: CursorWrapper, vendor: str, name: str):
    if vendor == "postgresql":
        cursor.execute(f'DROP FUNCTION "{name}" CASCADE')
    else:
        cursor.execute(f'DROP TRIGGER "{name}"')
