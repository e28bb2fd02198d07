"""Database triggers that make the tables of the record append-only."""

from collections.abc import Iterator

from triggers import Trigger
from triggers.append_only import NEVER, append_only

PURPOSE = "record"
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
# Unique keys by table.
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
        allowed = {event: each[vendor] if isinstance(each, dict) else each for event, each in events.items()}
        yield from append_only(vendor, PURPOSE, table, UNIQUE_KEYS[table], allowed, UNIQUE_UNLESS_EMPTY, other_tables)
