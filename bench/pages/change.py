"""How long after its commit a change of content is seen, in every process."""

import http.client
import os
import random
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

import psycopg

from bench.pages.targets import PATIENCE, Target

PATH = "/en/vision/"
CHANGES = 10
# Seconds within which a change is to be seen, where each process has a processor.
GOAL = 1
HEAD = """
| database | processes | seen in all, s: median | longest | seen in one, s: median |
|---|---:|---:|---:|---:|"""


def set_title(database: Path | str, title: str):
    """Another program changes the heading of a page: triggers see SQL by hand as well."""
    if isinstance(database, Path):
        connection, mark = sqlite3.connect(database, timeout=PATIENCE), "?"
    else:
        connection, mark = psycopg.connect(database), "%s"
    with connection:
        connection.execute(f"UPDATE pages_page SET title_en = {mark} WHERE kind = 'vision'", (title,))
    connection.close()


def measure(target: Target, workers: int, name: str, database: Path | str) -> list[str]:
    waits = []
    with target, ThreadPoolExecutor(workers) as visitors:
        connections = one_to_each(target, workers)
        for number in range(CHANGES):
            # Not in step with the clock by which the site looks for changes.
            time.sleep(1 + random.random())
            title = f"Vision number {number}"
            set_title(database, title)
            waits.append(list(visitors.map(partial(wait_for, title, time.perf_counter()), connections)))
    last, each = [max(seen) for seen in waits], [moment for seen in waits for moment in seen]
    print(f"| {name} | {workers} | {median(last):.2f} | {max(last):.2f} | {median(each):.2f} |", flush=True)
    if workers <= os.cpu_count() and max(last) > GOAL:
        return [f"a change on {name} was seen in {workers} processes after {max(last):.2f} s, not within {GOAL} s."]
    return []


def wait_for(title: str, committed: float, connection: http.client.HTTPConnection) -> float:
    """Ask until the page has this title: the seconds since the change."""
    while title not in ask(connection):
        if time.perf_counter() - committed > PATIENCE:
            raise TimeoutError(f"“{title}” was not seen within {PATIENCE} seconds")
        time.sleep(0.002)
    return time.perf_counter() - committed


def one_to_each(target: Target, workers: int) -> list[http.client.HTTPConnection]:
    """A connection to each process; which one takes it is the system's choice, so more are opened than are kept."""
    found, opened = {}, []
    end = time.monotonic() + PATIENCE
    while len(found) < workers and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=PATIENCE)
        ask(connection)
        opened.append(connection)
        port = connection.sock.getsockname()[1]
        for worker in target.workers():
            if any(other.raddr and other.raddr.port == port for other in worker.net_connections("tcp")):
                found.setdefault(worker.pid, connection)
    assert len(found) == workers, f"only {len(found)} of {workers} processes took a connection"
    for connection in opened:
        if connection not in found.values():
            connection.close()
    return list(found.values())


def ask(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", PATH)
    return connection.getresponse().read().decode()
