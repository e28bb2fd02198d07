"""Database triggers that keep the address that an item had before, in the same transaction as each change of it.

In the database and not in `save`, so that bulk updates, content files and SQL by hand are seen too. Two triggers a
table and language, for a change and for the deletion: they come and go with CONTENT_LANGUAGES.
"""

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction

from editorial.models import AddressedContent, PastAddress

PREFIX = "editorial_past_address"
KEEP = (
    "INSERT INTO editorial_pastaddress (section, language, slug, key) VALUES ({values}) "
    "ON CONFLICT (section, language, slug) DO UPDATE SET key = excluded.key;"
)


def install(using: str):
    """Make the triggers anew, on each address that the tables have by now."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        remove(using)
        existing = set(connection.introspection.table_names(cursor))
        if PastAddress._meta.db_table not in existing:
            return
        if connection.vendor == "postgresql":
            create_function(cursor)
        for model in apps.get_models():
            table = model._meta.db_table
            if issubclass(model, AddressedContent) and table in existing:
                cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')  # noqa: S608 (a table of ours)
                columns = {column[0] for column in cursor.description}
                for code in settings.CONTENT_LANGUAGES:
                    if f"slug_{code}" in columns:
                        create(cursor, connection.vendor, table, model.content_section, code)


def remove(using: str):
    """Take all triggers off, so that the table of past addresses may go."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {PREFIX}() CASCADE")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for name in [name for (name,) in cursor.fetchall() if name.startswith(f"{PREFIX}_")]:
            cursor.execute(f'DROP TRIGGER "{name}"')


def create_function(cursor):
    keep = KEEP.format(values="TG_ARGV[0], TG_ARGV[1], to_jsonb(OLD) ->> ('slug_' || TG_ARGV[1]), OLD.key")
    cursor.execute(
        f"CREATE FUNCTION {PREFIX}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {keep} RETURN NULL; END $$"
    )


def create(cursor, vendor: str, table: str, section: str, code: str):
    column = f'"slug_{code}"'
    occasions = {
        f"UPDATE OF {column}": f"OLD.{column} {'IS NOT' if vendor == 'sqlite' else 'IS DISTINCT FROM'} NEW.{column}",
        # Of what visitors never saw nobody has the address.
        "DELETE": "OLD.is_published",
    }
    for event, condition in occasions.items():
        name = f"{PREFIX}_{table}_{code}_{event[:6].lower()}"
        head = f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" FOR EACH ROW'
        when = f"WHEN (OLD.{column} <> '' AND {condition})"
        if vendor == "sqlite":
            keep = KEEP.format(values=f"'{section}', '{code}', OLD.{column}, OLD.key")
            cursor.execute(f"{head} {when} BEGIN {keep} END")
        else:
            cursor.execute(f"{head} {when} EXECUTE FUNCTION {PREFIX}('{section}', '{code}')")
