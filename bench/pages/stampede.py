"""Content that changes under load, and a page that many ask for before it was ever made.

Nobody is to wait for more than one making of the page. How long one takes is measured from outside, like the waits,
and under the same load: by somebody for whom alone a page is made.
"""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from bench.pages import wrk
from bench.pages.change import PATH, one_to_each, set_title
from bench.pages.targets import Target

SECONDS_BETWEEN_CHANGES = 0.5
# The longest of a few dozen makings is chance; whoever waited for a second one would have waited twice as long.
TOLERANCE = 1.5
# A request with a session is answered by the site itself, which takes as long as to make the page (but not to compress
# it in four encodings). Nothing is kept of it, so it makes no work after the next change.
STAFF = {"Cookie": "sessionid=none"}
UNSEEN = [f"/en/partners/?page={number}" for number in range(2, 12)]
SEEN = "/en/partners/?page=1"
HEAD = """
| | requests | failed | p50, ms | p99, ms | longest, ms | one making, ms: p50 | longest |
|---|---:|---:|---:|---:|---:|---:|---:|"""


def measure(target: Target, database: Path, arguments) -> list[str]:
    target.path = PATH
    with target:
        # A process that has just started reads its templates first.
        wrk.ask(target, 1, arguments.connections)
        missed = ask_while_it_changes(target, database, arguments)
        for number, connection in enumerate(one_to_each(target, 2), start=1):
            connection.request("GET", SEEN, headers=alone(number))
            connection.getresponse().read()
        return missed + ask_for_the_unseen(target, arguments.connections)


def alone(number: int) -> dict[str, str]:
    """The headers of one who asks at a port that nobody else asks at: the store makes the page for them alone."""
    return {"Host": f"127.0.0.1:{number}"}


def ask_while_it_changes(target: Target, database: Path, arguments) -> list[str]:
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
    what = f"a page that changes {len(changes)} times meanwhile"
    return tell(what, int(turn.rate * seconds), turn.failed, waits, made)


def ask_for_the_unseen(target: Target, connections: int) -> list[str]:
    """For each of some pages on all connections at once, before it was ever made; and one alone at the same time."""
    statuses, waits, made = [], [], []
    with ThreadPoolExecutor(connections + 1) as visitors:
        for number, path in enumerate(UNSEEN, start=1):
            asked = [visitors.submit(timed, target.port, path, {}) for _visitor in range(connections)]
            by_one = visitors.submit(timed, target.port, path, alone(number))
            found = [answer.result() for answer in asked]
            statuses += [status for status, _wait in found]
            waits += [wait for _status, wait in found]
            status, wait = by_one.result()
            statuses.append(status)
            made.append(wait)
    percents = quantiles(waits, n=100)
    failed = sum(status != 200 for status in statuses)
    times = percents[49], percents[98], max(waits)
    return tell(f"{len(UNSEEN)} pages that were never made, {connections} at once", len(waits), failed, times, made)


def tell(what: str, requests: int, failed: int, waits: tuple[float, float, float], made: list[float]) -> list[str]:
    """Print it, and return the goals that it missed."""
    half, most, longest = waits
    print(
        f"| {what} | {requests:,} | {failed} | {half:.1f} | {most:.1f} | {longest:.0f} | "
        f"{median(made):.0f} | {max(made):.0f} |",
        flush=True,
    )
    missed = []
    if failed:
        missed.append(f"{what}: {failed} requests failed.")
    if longest > TOLERANCE * max(made):
        limit = f"{TOLERANCE} times the longest making, {max(made):.0f} ms"
        missed.append(f"{what}: somebody waited {longest:.0f} ms, more than {limit}.")
    return missed


def timed(port: int, path: str, headers: dict[str, str]) -> tuple[int, float]:
    """The status of one answer on a new connection, and the milliseconds that it took."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, (time.perf_counter() - began) * 1000
