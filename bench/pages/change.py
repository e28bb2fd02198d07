"""Time from the commit of a change of content until each process serves it."""

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
# Maximum time in seconds, if there is a processor for each process.
GOAL = 1
HEAD = """
| database | processes | all processes, s: median | longest | one process, s: median |
|---|---:|---:|---:|---:|"""


def set_title(database: Path | str, title: str):
    """Change the heading of a page with SQL, from another process."""
    if isinstance(database, Path):
        connection, placeholder = sqlite3.connect(database, timeout=PATIENCE), "?"
    else:
        connection, placeholder = psycopg.connect(database), "%s"
    with connection:
        connection.execute(f"UPDATE pages_page SET title_en = {placeholder} WHERE kind = 'vision'", (title,))
    connection.close()


def measure(target: Target, workers: int, name: str, database: Path | str) -> list[str]:
    """Print a row, and return the missed goals."""
    waits = []
    with target, ThreadPoolExecutor(workers) as visitors:
        connections = connect_to_workers(target, workers)
        for number in range(CHANGES):
            # At random times, independent of the interval at which the site polls for changes.
            time.sleep(1 + random.random())
            title = f"Vision number {number}"
            set_title(database, title)
            waits.append(list(visitors.map(partial(wait_for, title, time.perf_counter()), connections)))
    last, each = [max(times) for times in waits], [seconds for times in waits for seconds in times]
    print(f"| {name} | {workers} | {median(last):.2f} | {max(last):.2f} | {median(each):.2f} |", flush=True)
    if workers <= os.cpu_count() and max(last) > GOAL:
        return [f"{workers} processes served a change on {name} after {max(last):.2f} s; the goal is {GOAL} s."]
    return []


def wait_for(title: str, committed: float, connection: http.client.HTTPConnection) -> float:
    """Repeat a request until the page has the title. Return the seconds since the change."""
    while title not in fetch_page(connection):
        if time.perf_counter() - committed > PATIENCE:
            raise TimeoutError(f"No page with “{title}” within {PATIENCE} seconds")
        time.sleep(0.002)
    return time.perf_counter() - committed


def connect_to_workers(target: Target, workers: int) -> list[http.client.HTTPConnection]:
    """Return a connection to each worker. Opens more connections, because the system assigns them to workers."""
    by_worker, opened = {}, []
    end = time.monotonic() + PATIENCE
    while len(by_worker) < workers and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=PATIENCE)
        fetch_page(connection)
        opened.append(connection)
        port = connection.sock.getsockname()[1]
        for worker in target.workers():
            if any(other.raddr and other.raddr.port == port for other in worker.net_connections("tcp")):
                by_worker.setdefault(worker.pid, connection)
    assert len(by_worker) == workers, f"only {len(by_worker)} of {workers} workers accepted a connection"
    for connection in opened:
        if connection not in by_worker.values():
            connection.close()
    return list(by_worker.values())


def fetch_page(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", PATH)
    return connection.getresponse().read().decode()
