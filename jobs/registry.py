"""The list of recurring jobs. Each app registers its own in its AppConfig."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise


@dataclass(frozen=True)
class Definition:
    """The function of a job, and how often it runs.

    Jobs run one after the other, so `function` takes seconds, not minutes: it leaves the rest for its next run. It may
    be killed at any point, and another process may run it at the same time. If it raises, the job counts as failed.
    """

    name: str
    function: Callable[[], object]
    every: timedelta
    # The purpose of the job, in the reader's language.
    title: str | Promise


definitions: dict[str, Definition] = {}


def register(name: str, function: Callable[[], object], *, every: timedelta, title: str | Promise):
    """Have `function` run again and again. Raises ValueError where another job has this name."""
    if name in definitions:
        raise ValueError(f"There are two jobs with the name {name}.")
    definitions[name] = Definition(name, function, every, title)
