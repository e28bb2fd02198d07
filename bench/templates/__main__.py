"""CPU time of rendering pages, by template: python -m bench.templates --help.

Times are CPU times of one thread, after templates and cached content were loaded. The own time of a template excludes
included templates and queries; the total time includes them. A block counts for the template that contains it.
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
    """Measures the own and total CPU times of nested parts."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.own, self.total, self.calls = Counter(), Counter(), Counter()
        self.parts, self.since = [REST], thread_time()

    def during(self, part: str, work: Callable, *arguments, **options):
        """Call `work`, count its time for `part`, and return its result."""
        if part == self.parts[-1]:
            return work(*arguments, **options)
        started_at = self.switch()
        self.parts.append(part)
        try:
            return work(*arguments, **options)
        finally:
            ended = self.switch()
            self.parts.pop()
            self.calls[part] += 1
            if part not in self.parts:
                self.total[part] += ended - started_at

    def switch(self) -> float:
        now = thread_time()
        self.own[self.parts[-1]] += now - self.since
        self.since = now
        return now


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.templates", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="Renderings of each page (default: %(default)s).")
    parser.add_argument("--most", type=int, default=12, help="Templates listed for each page (default: %(default)s).")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-templates-") as folder:
        target = site(Path(folder))
        target.run("manage.py", "prepare")
        os.environ |= target.environment
        django.setup()
        plain = {name: measure(path, arguments.rounds) for name, path in addresses().items()}
        clock = Clock()
        instrument(clock)
        parts = {name: measure_parts(path, arguments.rounds, clock) for name, path in addresses().items()}
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


def render(path: str):
    response = CLIENT.get(path)
    assert response.status_code == 200, path


def measure(path: str, rounds: int) -> float:
    """Return the median milliseconds of a rendering, without instrumentation."""
    times = []
    for number in range(WARM_UP + rounds):
        started_at = thread_time()
        render(path)
        if number >= WARM_UP:
            times.append(thread_time() - started_at)
    return median(times) * 1000


def instrument(clock: Clock):
    """Measure each template and query with `clock` from now on."""
    render_nodes, fetch_all = NodeList.render, QuerySet._fetch_all

    def render_measured(nodes: NodeList, context):
        origin = getattr(nodes[0], "origin", None) if nodes else None
        if origin is None:
            return render_nodes(nodes, context)
        return clock.during(origin.template_name, render_nodes, nodes, context)

    def fetch_all_measured(rows: QuerySet):
        # Most calls find rows that were already fetched.
        return clock.during(QUERIES, fetch_all, rows) if rows._result_cache is None else fetch_all(rows)

    NodeList.render, QuerySet._fetch_all = render_measured, fetch_all_measured
    connection.execute_wrappers.append(lambda execute, *arguments: clock.during(QUERIES, execute, *arguments))


def measure_parts(path: str, rounds: int, clock: Clock) -> Clock:
    for _round in range(WARM_UP):
        render(path)
    clock.reset()
    for _round in range(rounds):
        render(path)
    clock.switch()
    result = Clock()
    result.own, result.total, result.calls = clock.own, clock.total, clock.calls
    return result


def show(plain: dict[str, float], parts: dict[str, Clock], arguments):
    print("| page | ms | templates | queries, with their rows | the rest |\n|---|---:|---:|---:|---:|")
    for name, clock in parts.items():
        queries, rest = (clock.own[part] / clock.own.total() for part in (QUERIES, REST))
        print(f"| {name} | {plain[name]:.1f} | {1 - queries - rest:.0%} | {queries:.0%} | {rest:.0%} |")
    for name, clock in parts.items():
        print(f"\n| {name} | calls | own, ms | share | total, ms |\n|---|---:|---:|---:|---:|")
        sum_of_parts = clock.own.total()
        for part, seconds in clock.own.most_common(arguments.most):
            # Scaled to the rendering without instrumentation, which takes time itself.
            to_milliseconds = plain[name] / sum_of_parts
            calls = f"{clock.calls[part] / arguments.rounds:.0f}" if part != REST else "—"
            total = f"{clock.total[part] * to_milliseconds:.2f}" if part != REST else "—"
            print(f"| {part} | {calls} | {seconds * to_milliseconds:.2f} | {seconds / sum_of_parts:.0%} | {total} |")


if __name__ == "__main__":
    main()
