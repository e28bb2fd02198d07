"""Content that changes under load, and a page that many ask for before it was ever made."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from bench.pages import wrk
from bench.pages.change import PATH, set_title
from bench.pages.targets import Target

SECONDS_BETWEEN_CHANGES = 0.5
# A request with a session is answered by the site itself: it takes as long as one making of the page.
STAFF = {"Cookie": "sessionid=none"}
UNSEEN = [f"/en/partners/?page={number}" for number in range(2, 12)]
HEAD = """
| | requests | failed | p50, ms | p99, ms | longest, ms | one making, ms: p50 | longest |
|---|---:|---:|---:|---:|---:|---:|---:|"""


def measure(target: Target, database: Path, arguments):
    target.path = PATH
    with target:
        ask_while_it_changes(target, database, arguments)
        ask_for_the_unseen(target, arguments.connections)


def ask_while_it_changes(target: Target, database: Path, arguments):
    finished, made, changes = threading.Event(), [], []

    def make():
        while not finished.wait(0.1):
            made.append(timed(target.port, PATH, STAFF)[1])

    def change():
        while not finished.wait(SECONDS_BETWEEN_CHANGES):
            changes.append(f"Vision number {len(changes)}")
            set_title(database, changes[-1])

    threads = [threading.Thread(target=work) for work in (make, change)]
    for thread in threads:
        thread.start()
    seconds = arguments.seconds * 3
    turn = wrk.ask(target, seconds, arguments.connections)
    finished.set()
    for thread in threads:
        thread.join()
    waits = turn.half, turn.most, turn.longest
    show(f"a page that changes {len(changes)} times meanwhile", int(turn.rate * seconds), turn.failed, waits, made)


def ask_for_the_unseen(target: Target, connections: int):
    """For each of some pages on all connections at once, before it was ever made."""
    statuses, waits, made = [], [], []
    with ThreadPoolExecutor(connections) as visitors:
        for path in UNSEEN:
            asked = [visitors.submit(timed, target.port, path, {}) for _visitor in range(connections)]
            found = [answer.result() for answer in asked]
            statuses += [status for status, _wait in found]
            waits += [wait for _status, wait in found]
            made.append(timed(target.port, path, STAFF)[1])
    percents = quantiles(waits, n=100)
    failed = sum(status != 200 for status in statuses)
    times = percents[49], percents[98], max(waits)
    show(f"{len(UNSEEN)} pages that were never made, {connections} at once", len(waits), failed, times, made)


def show(what: str, requests: int, failed: int, waits: tuple[float, float, float], made: list[float]):
    half, most, longest = waits
    print(
        f"| {what} | {requests:,} | {failed} | {half:.1f} | {most:.1f} | {longest:.0f} | "
        f"{median(made):.0f} | {max(made):.0f} |",
        flush=True,
    )


def timed(port: int, path: str, headers: dict[str, str]) -> tuple[int, float]:
    """The status of one answer on a new connection, and the milliseconds that it took."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, (time.perf_counter() - began) * 1000
