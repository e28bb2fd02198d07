"""One form for everything that is hashed."""

import hashlib
import json
from datetime import UTC, datetime


def canonical(value) -> bytes:
    """`value` as JSON in one form only: keys sorted, no spaces, UTF-8 (RFC 8785).

    Made for what is on record here: strings, whole numbers, truth values and null, under keys of ASCII letters.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value) -> str:
    """SHA-256, in hex, of `value` in canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def moment(time: datetime) -> str:
    """`time` in UTC with microseconds: 2026-01-31T09:05:00.000000Z (RFC 3339)."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
