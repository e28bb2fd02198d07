"""Concurrent requests for a page whose content changes, and for pages that were never rendered.

The goal: no request waits longer than one rendering takes. The time of a rendering is measured at the same time and
under the same load, by a request whose page is rendered for it alone.
"""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from bench.pages import wrk
from bench.pages.change import PATH, connect_to_workers, set_title
from bench.pages.targets import Target

SECONDS_BETWEEN_CHANGES = 0.5
# The longest of a few dozen renderings is random. A request that waits for a second one takes twice as long.
TOLERANCE = 1.5
# Django renders the page for a request with a session. It is neither compressed in each encoding nor cached.
STAFF = {"Cookie": "sessionid=none"}
UNCACHED = [f"/en/partners/?page={number}" for number in range(2, 12)]
CACHED = "/en/partners/?page=1"
HEAD = """
| | requests | failed | p50, ms | p99, ms | longest, ms | one rendering, ms: p50 | longest |
|---|---:|---:|---:|---:|---:|---:|---:|"""


def measure(target: Target, database: Path, arguments) -> list[str]:
    target.path = PATH
    with target:
        # Warm up.
        wrk.run(target, 1, arguments.connections)
        missed = measure_changes(target, database, arguments)
        for number, connection in enumerate(connect_to_workers(target, 2), start=1):
            connection.request("GET", CACHED, headers=own_host(number))
            connection.getresponse().read()
        return missed + measure_uncached(target, arguments.connections)


def own_host(number: int) -> dict[str, str]:
    """Return headers with a port of their own in Host, so that the page is rendered for one client only."""
    return {"Host": f"127.0.0.1:{number}"}


def measure_changes(target: Target, database: Path, arguments) -> list[str]:
    finished, renderings, changes = threading.Event(), [], []

    def render():
        while not finished.wait(0.1):
            renderings.append(timed(target.port, PATH, STAFF)[1])

    def change():
        while not finished.wait(SECONDS_BETWEEN_CHANGES):
            changes.append(f"Vision number {len(changes)}")
            set_title(database, changes[-1])

    threads = [threading.Thread(target=work) for work in (render, change)]
    for thread in threads:
        thread.start()
    seconds = arguments.seconds * 3
    result = wrk.run(target, seconds, arguments.connections)
    finished.set()
    for thread in threads:
        thread.join()
    waits = result.p50, result.p99, result.longest
    title = f"a page that changes {len(changes)} times"
    return show(title, int(result.rate * seconds), result.failed, waits, renderings)


def measure_uncached(target: Target, connections: int) -> list[str]:
    """Request uncached pages, each on all connections at the same time and once for another host."""
    statuses, waits, renderings = [], [], []
    with ThreadPoolExecutor(connections + 1) as visitors:
        for number, path in enumerate(UNCACHED, start=1):
            shared = [visitors.submit(timed, target.port, path, {}) for _visitor in range(connections)]
            alone = visitors.submit(timed, target.port, path, own_host(number))
            results = [response.result() for response in shared]
            statuses += [status for status, _wait in results]
            waits += [wait for _status, wait in results]
            status, wait = alone.result()
            statuses.append(status)
            renderings.append(wait)
    percents = quantiles(waits, n=100)
    failed = sum(status != 200 for status in statuses)
    times = percents[49], percents[98], max(waits)
    title = f"{len(UNCACHED)} uncached pages, {connections} requests at once"
    return show(title, len(waits), failed, times, renderings)


def show(
    title: str, requests: int, failed: int, waits: tuple[float, float, float], renderings: list[float]
) -> list[str]:
    """Print a row, and return the missed goals."""
    p50, p99, longest = waits
    print(
        f"| {title} | {requests:,} | {failed} | {p50:.1f} | {p99:.1f} | {longest:.0f} | "
        f"{median(renderings):.0f} | {max(renderings):.0f} |",
        flush=True,
    )
    missed = []
    if failed:
        missed.append(f"{title}: {failed} requests failed.")
    if longest > TOLERANCE * max(renderings):
        limit = f"{TOLERANCE} times the longest rendering, {max(renderings):.0f} ms"
        missed.append(f"{title}: a request waited {longest:.0f} ms, more than {limit}.")
    return missed


def timed(port: int, path: str, headers: dict[str, str]) -> tuple[int, float]:
    """Send a request on a new connection. Return the status and the duration in milliseconds."""
    started_at = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, (time.perf_counter() - started_at) * 1000
