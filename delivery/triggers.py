"""Database triggers that rename the site's generation in the same transaction as each change of content.

In the database and not in signals, so that bulk changes, fixtures and SQL by hand are seen too. Every table is taken
for content unless settings.NEVER_ON_PAGES names its model or app.
"""

from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction

from delivery.models import Generation

PREFIX = "delivery_renew"
CHANNEL = "delivery_generation"
# A second row can't come to be: both statements run in the transaction of the change.
RENEW = (
    "INSERT INTO delivery_generation (id, name) SELECT 1, '' WHERE NOT EXISTS (SELECT 1 FROM delivery_generation); "
    "UPDATE delivery_generation SET name = {name};"
)
# A name that was never given before.
NAMES = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()::text"}
# Named as in PostgreSQL, where one trigger stands for all of them.
ACTIONS = {"sqlite": ("INSERT", "UPDATE", "DELETE"), "postgresql": ("INSERT OR UPDATE OR DELETE OR TRUNCATE",)}


def content_tables() -> set[str]:
    """The tables whose rows pages are made of, those between two models included."""
    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.db_table
        for model in models
        if model._meta.managed and not model._meta.proxy and not is_never_on_pages(model)
    }


def is_never_on_pages(model) -> bool:
    named = settings.NEVER_ON_PAGES
    return model is Generation or model._meta.app_label in named or model._meta.label_lower in named


def install(using: str):
    """Bring the triggers in line with the tables that there are: made where missing, taken from where not wanted."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        if Generation._meta.db_table not in existing:
            return
        wanted = {name_of(table, action): (table, action) for table, action in pairs(connection.vendor, existing)}
        found = names(cursor, connection.vendor)
        for name, table in found.items():
            if name not in wanted:
                drop(cursor, connection.vendor, name, table)
        if connection.vendor == "postgresql":
            create_function(cursor)
        for name, (table, action) in wanted.items():
            if name not in found:
                create(cursor, connection.vendor, name, table, action)
        # Content that nobody changed yet has a name too.
        Generation.objects.using(using).get_or_create(pk=1, defaults={"name": uuid4()})


def remove(using: str):
    """Take all triggers off, so that the generation's table may go."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, table in names(cursor, connection.vendor).items():
            drop(cursor, connection.vendor, name, table)
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {PREFIX}()")


def pairs(vendor: str, existing: set[str]) -> list[tuple[str, str]]:
    return [(table, action) for table in content_tables() & existing for action in ACTIONS[vendor]]


def name_of(table: str, action: str) -> str:
    return f"{PREFIX}_{table}_{action.split()[0].lower()}"


def names(cursor, vendor: str) -> dict[str, str]:
    """The triggers that there are → their tables."""
    if vendor == "sqlite":
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    else:
        cursor.execute(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
    return {name: table for name, table in cursor.fetchall() if name.startswith(f"{PREFIX}_")}


def create_function(cursor):
    renew = RENEW.format(name=NAMES["postgresql"])
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {PREFIX}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{renew} PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$"
    )


def create(cursor, vendor: str, name: str, table: str, action: str):
    if vendor == "sqlite":
        renew = RENEW.format(name=NAMES["sqlite"])
        cursor.execute(f'CREATE TRIGGER "{name}" AFTER {action} ON "{table}" BEGIN {renew} END')
    else:
        # Before the change: whoever changes content waits here, holding no row that another one could wait for.
        cursor.execute(
            f'CREATE TRIGGER "{name}" BEFORE {action} ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}()'
        )


def drop(cursor, vendor: str, name: str, table: str):
    cursor.execute(f'DROP TRIGGER "{name}"' + (f' ON "{table}"' if vendor == "postgresql" else ""))
