"""Of what making a page consists, template by template: python -m bench.templates --help.

Times are of the processor, in one thread, once templates and cached content are read. “Alone” is a template without
what it includes and without queries; “within” is all that happens in it. A block counts for the template that wrote it.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time

import django
from django.apps import apps
from django.db import connection
from django.db.models.query import QuerySet
from django.template.base import NodeList
from django.test import Client
from django.urls import reverse

from bench.pages.targets import site

QUERIES, REST = "queries", "the rest"
WARM_UP = 5
CLIENT = Client(SERVER_NAME="127.0.0.1")


class Clock:
    """What each part took, of those that are within one another."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.alone, self.within, self.times = Counter(), Counter(), Counter()
        self.parts, self.since = [REST], thread_time()

    def during(self, part: str, work: Callable, *arguments, **options):
        """What `work` returns, its time counted for `part`."""
        if part == self.parts[-1]:
            return work(*arguments, **options)
        began = self.switch()
        self.parts.append(part)
        try:
            return work(*arguments, **options)
        finally:
            ended = self.switch()
            self.parts.pop()
            self.times[part] += 1
            if part not in self.parts:
                self.within[part] += ended - began

    def switch(self) -> float:
        now = thread_time()
        self.alone[self.parts[-1]] += now - self.since
        self.since = now
        return now


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.templates", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="Makings of each page (default: %(default)s).")
    parser.add_argument("--most", type=int, default=12, help="Templates told of each page (default: %(default)s).")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-templates-") as folder:
        target = site(Path(folder))
        target.run("manage.py", "prepare")
        os.environ |= target.environment
        django.setup()
        plain = {name: measure(path, arguments.rounds) for name, path in addresses().items()}
        clock = Clock()
        watch(clock)
        parts = {name: take_apart(path, arguments.rounds, clock) for name, path in addresses().items()}
    show(plain, parts, arguments)


def addresses() -> dict[str, str]:
    def first(model: str) -> str:
        return apps.get_model(model).objects.published().first().get_absolute_url()

    return {
        "home": reverse("alliance:home"),
        "universities": reverse("partners:list"),
        "a university": first("partners.PartnerUniversity"),
        "deliverables": reverse("alliance:deliverables"),
        "an initiative": first("alliance.Initiative"),
        "timeline": reverse("alliance:milestones"),
        "search": reverse("search:results", query={"q": "university"}),
    }


def make(path: str):
    answer = CLIENT.get(path)
    assert answer.status_code == 200, path


def measure(path: str, rounds: int) -> float:
    """Milliseconds of one making, with nothing watched."""
    taken = []
    for number in range(WARM_UP + rounds):
        began = thread_time()
        make(path)
        if number >= WARM_UP:
            taken.append(thread_time() - began)
    return median(taken) * 1000


def watch(clock: Clock):
    """Have `clock` told of each template and query from now on."""
    render, fetch_all = NodeList.render, QuerySet._fetch_all

    def render_watched(nodes: NodeList, context):
        origin = getattr(nodes[0], "origin", None) if nodes else None
        return clock.during(origin.template_name, render, nodes, context) if origin else render(nodes, context)

    def fetch_all_watched(rows: QuerySet):
        # Most are asked for rows that they have.
        return clock.during(QUERIES, fetch_all, rows) if rows._result_cache is None else fetch_all(rows)

    NodeList.render, QuerySet._fetch_all = render_watched, fetch_all_watched
    connection.execute_wrappers.append(lambda execute, *asked: clock.during(QUERIES, execute, *asked))


def take_apart(path: str, rounds: int, clock: Clock) -> Clock:
    for _round in range(WARM_UP):
        make(path)
    clock.reset()
    for _round in range(rounds):
        make(path)
    clock.switch()
    found = Clock()
    found.alone, found.within, found.times = clock.alone, clock.within, clock.times
    return found


def show(plain: dict[str, float], parts: dict[str, Clock], arguments):
    print("| page | ms | templates | queries, with their rows | the rest |\n|---|---:|---:|---:|---:|")
    for name, clock in parts.items():
        queries, rest = (clock.alone[part] / clock.alone.total() for part in (QUERIES, REST))
        print(f"| {name} | {plain[name]:.1f} | {1 - queries - rest:.0%} | {queries:.0%} | {rest:.0%} |")
    for name, clock in parts.items():
        print(f"\n| {name} | times | alone, ms | share | within, ms |\n|---|---:|---:|---:|---:|")
        in_all = clock.alone.total()
        for part, spent in clock.alone.most_common(arguments.most):
            # Watching takes time itself, so shares are what counts; milliseconds are told of the unwatched making.
            to_milliseconds = plain[name] / in_all
            times = f"{clock.times[part] / arguments.rounds:.0f}" if part != REST else "—"
            within = f"{clock.within[part] * to_milliseconds:.2f}" if part != REST else "—"
            print(f"| {part} | {times} | {spent * to_milliseconds:.2f} | {spent / in_all:.0%} | {within} |")


if __name__ == "__main__":
    main()
