"""Triggers that refuse to change, delete or replace what is on record."""

from collections.abc import Iterator

from triggers import Trigger

PURPOSE = "record"
NEVER = "1 = 0"
# A record is deleted only after an erasure that says why; a leaf changes only by being given its erasure.
ERASED = (
    "EXISTS (SELECT 1 FROM consent_leaf l WHERE l.kind = 'decision' AND l.record = OLD.id AND l.erasure_id IS NOT NULL)"
)
GIVEN_ERASURE = (
    "OLD.erasure_id IS NULL AND NEW.erasure_id IS NOT NULL AND NEW.position = OLD.position AND NEW.kind = OLD.kind "
    "AND NEW.record = OLD.record AND NEW.digest = OLD.digest AND NEW.seal_id = OLD.seal_id"
)
A_YEAR_OLD = {"postgresql": "OLD.at < now() - interval '1 year'", "sqlite": "OLD.at < datetime('now', '-1 year')"}
# Table → the condition on which a row may be deleted or changed.
ALLOWED = {
    "consent_decision": {"DELETE": ERASED, "UPDATE": NEVER},
    "consent_leaf": {"DELETE": NEVER, "UPDATE": GIVEN_ERASURE},
    "consent_seal": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_erasure": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_restoration": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_noticeversion": {"DELETE": NEVER, "UPDATE": NEVER},
    "consent_accessentry": {"DELETE": A_YEAR_OLD, "UPDATE": NEVER},
}
# Table → its unique keys, by column or columns. SQLite's INSERT OR REPLACE deletes the row with the same key without
# running the triggers on DELETE.
KEYS = {
    "consent_decision": [("id",), ("digest",), ("predecessor",), ("attempt",)],
    "consent_leaf": [("position",), ("digest",), ("kind", "record")],
    "consent_seal": [("id",), ("number",), ("previous",), ("digest",)],
    "consent_erasure": [("id",), ("digest",)],
    "consent_restoration": [("id",), ("digest",)],
    "consent_noticeversion": [("id",), ("number",)],
    "consent_accessentry": [("id",)],
}
# Columns that are unique where they are filled.
MAY_BE_EMPTY = ("predecessor", "attempt")


def record_triggers(vendor: str) -> Iterator[Trigger]:
    for table, events in ALLOWED.items():
        others = ("consent_leaf",) if ERASED in events.values() else ()
        for event, allowed in events.items():
            condition = allowed[vendor] if isinstance(allowed, dict) else allowed
            if vendor == "postgresql":
                body = f"IF NOT ({condition}) THEN {refuse(vendor, table)} END IF;"
                yield Trigger(PURPOSE, table, event, body, "BEFORE", tables=others)
            else:
                condition = f"NOT ({condition})"
                yield Trigger(
                    PURPOSE, table, event, refuse(vendor, table), "BEFORE", condition=condition, tables=others
                )
        if vendor == "postgresql":
            yield Trigger(PURPOSE, table, "TRUNCATE", refuse(vendor, table), "BEFORE", "STATEMENT")
        else:
            condition = " OR ".join(taken(table, columns) for columns in KEYS[table])
            yield Trigger(PURPOSE, table, "INSERT", refuse(vendor, table), "BEFORE", condition=condition)


def refuse(vendor: str, table: str) -> str:
    """The statement that fails with the message that the record of `table` is append-only."""
    if vendor == "postgresql":
        return f"RAISE EXCEPTION USING MESSAGE = '{table} is append-only', ERRCODE = 'integrity_constraint_violation';"
    return f"SELECT RAISE(ABORT, '{table} is append-only');"


def taken(table: str, columns: tuple[str, ...]) -> str:
    """The condition that a row with the same key as the new one exists."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    filled = "".join(f" AND NEW.{column} <> ''" for column in columns if column in MAY_BE_EMPTY)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same}{filled})"
