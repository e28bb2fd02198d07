"""Triggers that set a new content version in the same transaction as each change of content.

Apps register their content models with `register_content`. Changes of other tables do not change the version.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from django.db import models

from pagecache.models import ContentVersion
from triggers import Trigger

CHANNEL = "pagecache_contentversion"
TABLE = ContentVersion._meta.db_table
# SQL expressions for a random name.
RANDOM_NAMES = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()::text"}
EVENTS = {"sqlite": ("INSERT", "DELETE", "UPDATE"), "postgresql": ("INSERT OR DELETE OR UPDATE OR TRUNCATE",)}

registered: list[Callable[[], Iterable[type[models.Model]]]] = []


def register_content(content_models: Callable[[], Iterable[type[models.Model]]]):
    """Register a function that returns the models that pages show. Call it in `AppConfig.ready`.

    The tables of their many-to-many fields are included.
    """
    registered.append(content_models)


def content_tables() -> set[str]:
    content = {model for content_models in registered for model in content_models()}
    links = {field.remote_field.through for model in content for field in model._meta.local_many_to_many}
    return {model._meta.db_table for model in content | links if model and model._meta.managed}


def content_triggers(vendor: str) -> Iterator[Trigger]:
    renew = (
        f"INSERT INTO {TABLE} (id, name) VALUES (1, {RANDOM_NAMES[vendor]}) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name;"
    )
    for table in sorted(content_tables()):
        for event in EVENTS[vendor]:
            trigger = Trigger("version", table, event, body=renew, tables=(TABLE,), on_install=renew)
            if vendor == "postgresql":
                # BEFORE STATEMENT, so that writers lock the version row before they lock content rows; no deadlock.
                notify = f"{renew} PERFORM pg_notify('{CHANNEL}', '');"
                trigger = replace(trigger, body=notify, timing="BEFORE", level="STATEMENT")
            yield trigger
