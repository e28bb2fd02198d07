"""Idempotency keys: random values in forms, to store a form that is sent twice only once."""

import re

UUID = re.compile(r"[0-9a-f-]{32,36}")


def valid_idempotency_key(text: str) -> str:
    """Return `text` if it is a UUID, or "" otherwise."""
    return text if UUID.fullmatch(text) else ""
