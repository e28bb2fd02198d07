"""Registry of the database triggers that apps declare, and the comparison of the database with it.

Triggers see every change of a row: bulk updates, fixtures and SQL by hand, which `save` and signals miss. A definition
is compared as text with the one that the database holds. So a changed declaration reaches an existing database, and a
trigger that was altered by hand is noticed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import truncate_name

# Triggers and functions whose names begin so are created, replaced and dropped by this app.
PREFIX = "managed_"
# The longest name that PostgreSQL does not cut off.
LONGEST_NAME = 63
MISSING, ALTERED, SUPERFLUOUS = "missing", "altered", "superfluous"

DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    # By function: one function for each trigger, which bears its name and goes with it.
    "postgresql": """
        SELECT proname, string_agg(pg_get_triggerdef(t.oid, true) || ' ' || t.tgenabled::text, ' ') || ' ' || prosrc
        FROM pg_proc p LEFT JOIN pg_trigger t ON t.tgfoid = p.oid
        WHERE p.pronamespace = current_schema()::regnamespace GROUP BY p.oid, proname, prosrc""",
}
COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
    "postgresql": (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    ),
}


@dataclass(frozen=True)
class Trigger:
    """A trigger of one database vendor.

    `body` holds SQL statements, on PostgreSQL those of a PL/pgSQL block, each ended by a semicolon. `event` is written
    as in PostgreSQL's own listing: INSERT OR DELETE OR UPDATE OR TRUNCATE; SQLite takes one of them.
    """

    # Short name of the trigger's purpose, such as "slugs".
    purpose: str
    table: str
    event: str
    body: str
    timing: str = "AFTER"
    # ROW or STATEMENT; SQLite knows ROW alone.
    level: str = "ROW"
    # Condition on OLD and NEW under which SQLite runs the body; PostgreSQL's cannot read other tables.
    condition: str = ""
    # Columns of its table that it reads. Without them, after part of the migrations, it is not created.
    columns: tuple[str, ...] = ()
    # Other tables that it reads or writes; without them it is not created.
    tables: tuple[str, ...] = ()
    # SQL to run once whenever the trigger is created or replaced: it makes up for changes that were not seen.
    on_install: str = ""

    @property
    def name(self) -> str:
        return truncate_name(f"{PREFIX}{self.purpose}_{self.table}_{self.event.split()[0].lower()}", LONGEST_NAME)

    def definition(self, vendor: str) -> str:
        """The text that the database gives back for this trigger."""
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

    def fits(self, columns: dict[str, set[str]]) -> bool:
        """Whether the database has the tables and columns that the trigger needs."""
        return columns.get(self.table, set()) >= set(self.columns) and {self.table, *self.tables} <= set(columns)

    def create(self, cursor, vendor: str):
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
    """Add a function that is given the database vendor and returns an app's triggers. Call it in `AppConfig.ready`."""
    declarations.append(declaration)


def registered(vendor: str) -> dict[str, Trigger]:
    """Name → trigger, of all apps. Raises ValueError where two have one name."""
    found = {}
    for trigger in (trigger for declaration in declarations for trigger in declaration(vendor)):
        if found.setdefault(trigger.name, trigger) is not trigger:
            raise ValueError(f"There are two triggers with the name {trigger.name}.")
    return found


def installed(cursor, vendor: str) -> dict[str, str | None]:
    """Name → definition, of the triggers of this app that the database has; None where only the function is left."""
    cursor.execute(DEFINITIONS[vendor])
    return {name: definition for name, definition in cursor.fetchall() if name.startswith(PREFIX)}


def wanted(cursor, vendor: str) -> dict[str, Trigger]:
    """Name → trigger, of the registered ones for which the database has tables and columns."""
    columns: dict[str, set[str]] = {}
    cursor.execute(COLUMNS[vendor])
    for table, column in cursor.fetchall():
        columns.setdefault(table, set()).add(column)
    return {name: trigger for name, trigger in registered(vendor).items() if trigger.fits(columns)}


def faults(connection: BaseDatabaseWrapper, purpose: str = "") -> dict[str, str]:
    """Name → "missing", "altered" or "superfluous", of each trigger that is not as registered.

    With `purpose`, of the triggers that serve it alone.
    """
    with connection.cursor() as cursor:
        triggers, definitions = wanted(cursor, connection.vendor), installed(cursor, connection.vendor)
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
    """Create, replace and drop triggers until the database has the registered ones; return the faults mended."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        found = faults(connection)
        triggers, definitions = wanted(cursor, connection.vendor), installed(cursor, connection.vendor)
        for name, fault in found.items():
            if name in definitions:
                drop(cursor, connection.vendor, name)
            if fault != SUPERFLUOUS:
                triggers[name].create(cursor, connection.vendor)
    return found


def remove(connection: BaseDatabaseWrapper, app_labels: set[str]):
    """Drop the triggers that have to do with tables of these apps: they would stand in the way of migrations."""
    if not app_labels:
        return
    owners = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
    kept = {
        name
        for name, trigger in registered(connection.vendor).items()
        if app_labels.isdisjoint({owners.get(table) for table in (trigger.table, *trigger.tables)})
    }
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for name in installed(cursor, connection.vendor).keys() - kept:
            drop(cursor, connection.vendor, name)


def drop(cursor, vendor: str, name: str):
    if vendor == "postgresql":
        cursor.execute(f'DROP FUNCTION "{name}" CASCADE')
    else:
        cursor.execute(f'DROP TRIGGER "{name}"')
