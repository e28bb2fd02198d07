"""Triggers that change the content version in the same transaction as each change of content.

An app claims its content by registering the models with `register_content`; tables that nobody claims change nothing.
"""

from collections.abc import Callable, Iterable, Iterator

from django.db import models

from pagecache.models import ContentVersion
from triggers import Trigger

CHANNEL = "pagecache_contentversion"
TABLE = ContentVersion._meta.db_table
# A value that no version had before.
VERSIONS = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()::text"}
EVENTS = {"sqlite": ("INSERT", "DELETE", "UPDATE"), "postgresql": ("INSERT OR DELETE OR UPDATE OR TRUNCATE",)}

claims: list[Callable[[], Iterable[type[models.Model]]]] = []


def register_content(claim: Callable[[], Iterable[type[models.Model]]]):
    """Register a function that returns models of which pages show something. Call it in `AppConfig.ready`.

    The tables of their many-to-many fields are content with them.
    """
    claims.append(claim)


def content_tables() -> set[str]:
    claimed = {model for claim in claims for model in claim()}
    links = {field.remote_field.through for model in claimed for field in model._meta.local_many_to_many}
    return {model._meta.db_table for model in claimed | links if model._meta.managed}


def content_triggers(vendor: str) -> Iterator[Trigger]:
    renew = (
        f"INSERT INTO {TABLE} (id, name) VALUES (1, {VERSIONS[vendor]}) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name;"
    )
    options = {"body": renew}
    if vendor == "postgresql":
        # BEFORE STATEMENT, so that writers queue for the version's row before they lock rows of content: no deadlock.
        options = {"body": f"{renew} PERFORM pg_notify('{CHANNEL}', '');", "timing": "BEFORE", "level": "STATEMENT"}
    for table in sorted(content_tables()):
        for event in EVENTS[vendor]:
            yield Trigger("version", table, event, tables=(TABLE,), on_install=renew, **options)
