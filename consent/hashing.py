"""Canonical JSON, and the digests that are computed over it."""

import hashlib
import json
from datetime import UTC, datetime


def canonical_json(value: object) -> bytes:
    """Return `value` as canonical JSON: keys sorted, no spaces, UTF-8 (RFC 8785).

    Conforms to the RFC for the values that records contain: strings, integers, booleans and null, under keys of ASCII
    letters.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def json_digest(value: object) -> str:
    """Return the SHA-256, in hex, of `value` as canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def rfc3339(time: datetime) -> str:
    """Return `time` in UTC with microseconds: 2026-01-31T09:05:00.000000Z (RFC 3339)."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
