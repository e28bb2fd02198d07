"""Values of structured data and of JSON feeds."""

from typing import Any

EMPTY: tuple[Any, ...] = (None, "", [])


def without_empty(data: Any) -> Any:
    """Return `data` without None, empty texts and empty lists, at any depth."""
    if isinstance(data, dict):
        return {name: without_empty(value) for name, value in data.items() if value not in EMPTY}
    if isinstance(data, list):
        return [without_empty(value) for value in data if value not in EMPTY]
    return data
