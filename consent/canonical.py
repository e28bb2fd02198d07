"""One form for data that is hashed."""

import json


def canonical(value) -> bytes:
    """`value` as JSON in one form only: keys sorted, no spaces, UTF-8 (RFC 8785, for values without numbers)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
