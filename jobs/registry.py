"""Registry of the recurring jobs. Each app registers its jobs in its AppConfig."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise


@dataclass(frozen=True)
class Definition:
    """The function of a job, and the interval at which it runs.

    Jobs run one after the other, so `function` must return within seconds and leave the rest of its work to its next
    run. The process may be killed at any point, and another process may run the function at the same time. If the
    function raises, the job counts as failed.
    """

    name: str
    function: Callable[[], object]
    every: timedelta
    # The purpose of the job, for the admin.
    title: str | Promise


definitions: dict[str, Definition] = {}


def register(name: str, function: Callable[[], object], *, every: timedelta, title: str | Promise) -> None:
    """Run `function` at the interval `every`. Raises ValueError if another job has this name."""
    if name in definitions:
        raise ValueError(f"Two jobs have the name {name}.")
    definitions[name] = Definition(name, function, every, title)
