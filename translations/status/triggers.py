"""Database triggers that keep the state of each translation in the same transaction as each change of content.

In the database and not in signals, so that bulk changes, fixtures and SQL by hand count too. What they do is the
same as what `install` does for a whole table: compare the texts in it with what is known of them.
"""

from hashlib import sha256

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from modeltranslation.utils import build_localized_fieldname

from translations.status.models import TARGET_LANGUAGES, SourceText, Translation, text_fields, translated_models

PREFIX = "translations"
EVENTS = {"sqlite": ("insert", "update", "delete"), "postgresql": ("insert", "update", "delete", "truncate")}
# An estimate: what stands between spaces, line breaks and tags.
SPACED = "trim(replace(replace(source, '\n', ' '), '><', '> <'))"
WORDS = f"CASE WHEN source = '' THEN 0 ELSE length({SPACED}) - length(replace({SPACED}, ' ', '')) + 1 END"

REMEMBER_SOURCES = """
INSERT INTO translations_sourcetext (model, object_id, field, text, created_at)
SELECT '{model}', object_id, field, source, CURRENT_TIMESTAMP FROM ({sources}) AS item
WHERE source <> '' AND NOT EXISTS (
    SELECT 1 FROM translations_sourcetext AS known WHERE known.model = '{model}'
    AND known.object_id = item.object_id AND known.field = item.field AND known.text = item.source)"""
# The texts as they are now, each with the row of its source.
PRESENT = """
SELECT item.object_id, item.field, language, source, target, known.id AS source_id, {words} AS words
FROM ({texts}) AS item LEFT JOIN translations_sourcetext AS known ON known.model = '{model}'
AND known.object_id = item.object_id AND known.field = item.field AND known.text = item.source"""
FOLLOW_CHANGES = f"""
UPDATE translations_translation SET
    translated_from_id = CASE
        WHEN translations_translation.target = present.target THEN translations_translation.translated_from_id
        WHEN present.target = '' THEN NULL
        ELSE present.source_id END,
    draft = CASE WHEN translations_translation.target = present.target THEN draft ELSE '' END,
    target = present.target, source_id = present.source_id, words = present.words, changed_at = CURRENT_TIMESTAMP
FROM ({PRESENT}) AS present
WHERE translations_translation.model = '{{model}}' AND translations_translation.object_id = present.object_id
AND translations_translation.field = present.field AND translations_translation.language = present.language
AND (translations_translation.target <> present.target
     OR coalesce(translations_translation.source_id, 0) <> coalesce(present.source_id, 0))"""
ADD_NEW = f"""
INSERT INTO translations_translation
    (model, object_id, field, language, source_id, translated_from_id, target, draft, words, changed_at)
SELECT '{{model}}', object_id, field, language, source_id, CASE WHEN target <> '' THEN source_id END, target, '', words,
    CURRENT_TIMESTAMP
FROM ({PRESENT}) AS present
WHERE (source <> '' OR target <> '') AND NOT EXISTS (
    SELECT 1 FROM translations_translation AS known WHERE known.model = '{{model}}'
    AND known.object_id = present.object_id AND known.field = present.field AND known.language = present.language)"""
DROP_EMPTY = """
DELETE FROM translations_translation
WHERE model = '{model}' AND source_id IS NULL AND target = ''
AND object_id IN (SELECT object_id FROM ({sources}) AS item)"""


def install(using: str):
    """Bring triggers and rows in line with the translated fields and languages that there are."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        if not {Translation._meta.db_table, SourceText._meta.db_table} <= existing:
            return
        models = [model for model in translated_models() if model._meta.db_table in existing]
        wanted = {model: triggers(model, connection.vendor) for model in models}
        found = installed(cursor, connection.vendor)
        outdated = [model for model in models if not set(wanted[model]) <= set(found)]
        superfluous = set(found) - {name for names in wanted.values() for name in names}
        if not outdated and not superfluous:
            return
        drop(cursor, connection.vendor, {name: found[name] for name in superfluous})
        forget_what_is_not_translated(using, models)
        for model in outdated:
            if not columns(model) <= present_columns(cursor, model):
                # Half migrated; the migration that completes it comes by here too.
                continue
            # Before the rows: on PostgreSQL it waits for those who are changing the table.
            for name, event in wanted[model].items():
                if name not in found:
                    create(cursor, connection.vendor, model, name, event)
            table = model._meta.db_table
            for statement in [
                *compare(model, table),
                *forget(model, f'object_id NOT IN (SELECT "{model._meta.pk.column}" FROM "{table}")'),
            ]:
                cursor.execute(statement)


def remove(using: str):
    """Take all triggers off: before migrations, which may drop a column that they read, and for good."""
    connection = connections[using]
    with connection.cursor() as cursor:
        drop(cursor, connection.vendor, installed(cursor, connection.vendor))


def forget_what_is_not_translated(using: str, models: list):
    known = Q()
    for model in models:
        known |= Q(model=model._meta.label_lower, field__in=text_fields(model))
    Translation.objects.using(using).exclude(known, language__in=TARGET_LANGUAGES).delete()
    SourceText.objects.using(using).exclude(known).delete()


def column(model, field: str, language: str) -> str:
    return model._meta.get_field(build_localized_fieldname(field, language)).column


def columns(model) -> set[str]:
    return {column(model, name, code) for name in text_fields(model) for code in settings.CONTENT_LANGUAGES}


def present_columns(cursor, model) -> set[str]:
    # Django's introspection reads the whole definition of a table on SQLite: a tenth of a second for each.
    cursor.execute(f'SELECT * FROM "{model._meta.db_table}" LIMIT 0')
    return {column[0] for column in cursor.description}


def compare(model, table: str) -> list[str]:
    """The statements that note the texts of `table`: of a model's, of PostgreSQL's changed rows, or SQLite's NEW."""
    source, origin = ("", f' FROM "{table}"') if table != "NEW" else ("NEW.", "")
    key = f'{source}"{model._meta.pk.column}" AS object_id'
    sources, texts = [], []
    for field in text_fields(model):
        original = f"coalesce({source}\"{column(model, field, settings.LANGUAGE_CODE)}\", '') AS source"
        sources.append(f"SELECT {key}, '{field}' AS field, {original}{origin}")
        for language in TARGET_LANGUAGES:
            target = f"coalesce({source}\"{column(model, field, language)}\", '') AS target"
            texts.append(f"SELECT {key}, '{field}' AS field, '{language}' AS language, {original}, {target}{origin}")
    parts = {
        "model": model._meta.label_lower,
        "sources": " UNION ALL ".join(sources),
        "texts": " UNION ALL ".join(texts),
        "words": WORDS,
    }
    return [statement.format(**parts) for statement in (REMEMBER_SOURCES, FOLLOW_CHANGES, ADD_NEW, DROP_EMPTY)]


def forget(model, which: str) -> list[str]:
    label = model._meta.label_lower
    return [
        f"DELETE FROM {table._meta.db_table} WHERE model = '{label}' AND {which}" for table in (Translation, SourceText)
    ]


def body(model, vendor: str, event: str) -> list[str]:
    """The statements that run at `event` in the model's table."""
    key = f'"{model._meta.pk.column}"'
    changed = {"sqlite": f"OLD.{key}", "postgresql": f"SELECT {key} FROM changed"}[vendor]
    if event == "truncate":
        statements = forget(model, "true")
    elif event == "delete":
        statements = forget(model, f"object_id IN ({changed})")
    else:
        statements = compare(model, "NEW" if vendor == "sqlite" else "changed")
    return statements


def triggers(model, vendor: str) -> dict[str, str]:
    """The names of the triggers of a model's table → their events. A name tells what the trigger does."""
    named = {}
    for event in EVENTS[vendor]:
        digest = sha256("; ".join(body(model, vendor, event)).encode()).hexdigest()[:8]
        named[f"{PREFIX}_{digest}_{model._meta.db_table}_{event}"] = event
    return named


def installed(cursor, vendor: str) -> dict[str, str]:
    """The triggers that there are → their tables."""
    if vendor == "sqlite":
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    else:
        cursor.execute(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
    return {name: table for name, table in cursor.fetchall() if name.startswith(f"{PREFIX}_")}


def create(cursor, vendor: str, model, name: str, event: str):
    table, statements = model._meta.db_table, body(model, vendor, event)
    if vendor == "sqlite":
        cursor.execute(f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" BEGIN {"; ".join(statements)}; END')
        return
    # Planned anew each time, by how many rows were changed: a plan that is kept from one row takes minutes for 10,000.
    statements = " ".join(f"EXECUTE $statement${statement}$statement$;" for statement in statements)
    # The rows that the statement changed, as one table.
    changed = {"insert": "NEW", "update": "NEW", "delete": "OLD"}.get(event)
    referencing = f"REFERENCING {changed} TABLE AS changed" if changed else ""
    cursor.execute(
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql '
        f"AS $$ BEGIN {statements} RETURN NULL; END $$"
    )
    cursor.execute(
        f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" {referencing} '
        f'FOR EACH STATEMENT EXECUTE FUNCTION "{name}"()'
    )


def drop(cursor, vendor: str, names: dict[str, str]):
    for name, table in names.items():
        if vendor == "sqlite":
            cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')
            cursor.execute(f'DROP FUNCTION "{name}"()')
