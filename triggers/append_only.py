"""Triggers that make a table append-only."""

from collections.abc import Iterator, Mapping

from triggers.registry import Trigger

NEVER = "1 = 0"
# Events → condition on which a row may be deleted or updated.
NO_CHANGE: Mapping[str, str] = {"DELETE": NEVER, "UPDATE": NEVER}


def append_only(
    vendor: str,
    purpose: str,
    table: str,
    unique_keys: list[tuple[str, ...]],
    allowed: Mapping[str, str] = NO_CHANGE,
    unique_unless_empty: tuple[str, ...] = (),
    other_tables: tuple[str, ...] = (),
) -> Iterator[Trigger]:
    """Yield the triggers of `table`.

    `unique_keys` are needed for SQLite: INSERT OR REPLACE deletes the row with the same key without running DELETE
    triggers. Columns in `unique_unless_empty` are unique unless they are empty. `other_tables` are those that the
    conditions in `allowed` read.
    """
    for event, condition in allowed.items():
        if vendor == "postgresql":
            body = f"IF NOT ({condition}) THEN {refuse(vendor, table)} END IF;"
            yield Trigger(purpose, table, event, body, "BEFORE", tables=other_tables)
        else:
            body = refuse(vendor, table)
            yield Trigger(purpose, table, event, body, "BEFORE", condition=f"NOT ({condition})", tables=other_tables)
    if vendor == "postgresql":
        yield Trigger(purpose, table, "TRUNCATE", refuse(vendor, table), "BEFORE", "STATEMENT")
    else:
        condition = " OR ".join(key_exists(table, columns, unique_unless_empty) for columns in unique_keys)
        yield Trigger(purpose, table, "INSERT", refuse(vendor, table), "BEFORE", condition=condition)


def refuse(vendor: str, table: str) -> str:
    """Return the statement that fails with the message that `table` is append-only."""
    if vendor == "postgresql":
        return f"RAISE EXCEPTION USING MESSAGE = '{table} is append-only', ERRCODE = 'integrity_constraint_violation';"
    return f"SELECT RAISE(ABORT, '{table} is append-only');"


def key_exists(table: str, columns: tuple[str, ...], unique_unless_empty: tuple[str, ...] = ()) -> str:
    """Return the condition that a row with the same key as the new row exists."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    filled = "".join(f" AND NEW.{column} <> ''" for column in columns if column in unique_unless_empty)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same}{filled})"
