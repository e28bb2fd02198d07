"""Fixture that replaces the jobs of the site."""

import pytest

import jobs
from jobs.registry import definitions


@pytest.fixture
def only(monkeypatch):
    """A function that replaces all jobs by the given ones: name → (function, interval)."""
    saved = dict(definitions)

    def replace(**jobs_by_name):
        definitions.clear()
        for name, (function, every) in jobs_by_name.items():
            jobs.register(name, function, every=every, title=f"Does {name}")

    yield replace
    definitions.clear()
    definitions.update(saved)
