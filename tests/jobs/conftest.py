"""Recurring jobs of the tests' own in place of the site's."""

import pytest

import jobs
from jobs.registry import definitions


@pytest.fixture
def only(monkeypatch):
    """A function that makes the given jobs the only ones: name → (function, interval)."""
    kept = dict(definitions)

    def replace(**wanted):
        definitions.clear()
        for name, (function, every) in wanted.items():
            jobs.register(name, function, every=every, title=f"Does {name}")

    yield replace
    definitions.clear()
    definitions.update(kept)
