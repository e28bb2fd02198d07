"""Database triggers that make the tables of the record append-only."""

from collections.abc import Iterator

from triggers import Trigger

PURPOSE = "record"
NEVER = "1 = 0"
# A decision can only be deleted after its leaf refers to an erasure. This reference is the only change of a leaf.
ERASED = (
    "EXISTS (SELECT 1 FROM consent_leaf l WHERE l.kind = 'decision' AND l.record = OLD.id AND l.erasure_id IS NOT NULL)"
)
GIVEN_ERASURE = (
    "OLD.erasure_id IS NULL AND NEW.erasure_id IS NOT NULL AND NEW.position = OLD.position AND NEW.kind = OLD.kind "
    "AND NEW.record = OLD.record AND NEW.digest = OLD.digest AND NEW.seal_id = OLD.seal_id"
)
A_YEAR_OLD = {"postgresql": "OLD.at < now() - interval '1 year'", "sqlite": "OLD.at < datetime('now', '-1 year')"}
# Condition on which a row may be deleted or updated, by table and event. A dictionary has conditions by vendor.
CONDITIONS: dict[str, dict[str, str | dict[str, str]]] = {
    "consent_decision": {"DELETE": ERASED, "UPDATE": NEVER},
    "consent_leaf": {"DELETE": NEVER, "UPDATE": GIVEN_ERASURE},
    "consent_seal": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_erasure": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_restoration": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_noticeversion": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_policyversion": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_accessentry": {"DELETE": A_YEAR_OLD, "UPDATE": NEVER},
}
# Unique keys by table. INSERT OR REPLACE of SQLite deletes the row with the same key without running DELETE triggers.
UNIQUE_KEYS: dict[str, list[tuple[str, ...]]] = {
    "consent_decision": [("id",), ("digest",), ("predecessor",), ("idempotency_key",)],
    "consent_leaf": [("position",), ("digest",), ("kind", "record")],
    "consent_seal": [("id",), ("number",), ("previous",), ("digest",)],
    "consent_erasure": [("id",), ("digest",)],
    "consent_restoration": [("id",), ("digest",)],
    "consent_noticeversion": [("id",), ("number",)],
    "consent_policyversion": [("id",), ("number",)],
    "consent_accessentry": [("id",)],
}
# Columns that are unique unless they are empty.
UNIQUE_UNLESS_EMPTY = ("predecessor", "idempotency_key")


def record_triggers(vendor: str) -> Iterator[Trigger]:
    """Yield the triggers for the database `vendor`, "sqlite" or "postgresql"."""
    for table, events in CONDITIONS.items():
        other_tables = ("consent_leaf",) if ERASED in events.values() else ()
        for event, allowed in events.items():
            condition = allowed[vendor] if isinstance(allowed, dict) else allowed
            if vendor == "postgresql":
                body = f"IF NOT ({condition}) THEN {refuse(vendor, table)} END IF;"
                yield Trigger(PURPOSE, table, event, body, "BEFORE", tables=other_tables)
            else:
                condition = f"NOT ({condition})"
                yield Trigger(
                    PURPOSE, table, event, refuse(vendor, table), "BEFORE", condition=condition, tables=other_tables
                )
        if vendor == "postgresql":
            yield Trigger(PURPOSE, table, "TRUNCATE", refuse(vendor, table), "BEFORE", "STATEMENT")
        else:
            condition = " OR ".join(key_exists(table, columns) for columns in UNIQUE_KEYS[table])
            yield Trigger(PURPOSE, table, "INSERT", refuse(vendor, table), "BEFORE", condition=condition)


def refuse(vendor: str, table: str) -> str:
    """Return the statement that fails with the message that `table` is append-only."""
    if vendor == "postgresql":
        return f"RAISE EXCEPTION USING MESSAGE = '{table} is append-only', ERRCODE = 'integrity_constraint_violation';"
    return f"SELECT RAISE(ABORT, '{table} is append-only');"


def key_exists(table: str, columns: tuple[str, ...]) -> str:
    """Return the condition that a row with the same key as the new row exists."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    filled = "".join(f" AND NEW.{column} <> ''" for column in columns if column in UNIQUE_UNLESS_EMPTY)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same}{filled})"
