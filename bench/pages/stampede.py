"""Content that changes under load, and a page that many ask for before it was ever made."""

import http.client
import threading
import time
from pathlib import Path
from statistics import median

from bench.pages import wrk
from bench.pages.change import PATH, set_title
from bench.pages.targets import Target

SECONDS_BETWEEN_CHANGES = 0.5
# A request with a session is answered by the site itself: it takes as long as one making of the page.
STAFF = {"Cookie": "sessionid=none"}


def measure(target: Target, database: Path, arguments):
    target.path = PATH
    with target:
        show_change(target, database, arguments)
        show_unseen(target, [f"/en/partners/?page={number}" for number in range(2, 12)], arguments)


def show_change(target: Target, database: Path, arguments):
    finished, made, changes = threading.Event(), [], 0

    def make_pages():
        while not finished.wait(0.1):
            made.append(timed(target.port, PATH, STAFF)[1])

    def change():
        nonlocal changes
        while not finished.wait(SECONDS_BETWEEN_CHANGES):
            changes += 1
            set_title(database, f"Vision number {changes}")

    threads = [threading.Thread(target=work) for work in (make_pages, change)]
    for thread in threads:
        thread.start()
    turn = wrk.ask(target, arguments.seconds * 3, arguments.connections)
    finished.set()
    for thread in threads:
        thread.join()
    requests = turn.rate * arguments.seconds * 3
    print(f"\n{changes} changes of a page during {requests:,.0f} requests for it: {turn.failed} failed,")
    print(
        f"p50 {turn.half:.1f} ms, p99 {turn.most:.1f} ms, the longest {turn.longest:.0f} ms. One making of the page took"
    )
    print(f"{median(made):.0f} ms meanwhile, the longest {max(made):.0f} ms.", flush=True)


def show_unseen(target: Target, paths: list[str], arguments):
    """Each of `paths` is asked for on all connections at once, for the first time."""
    failed, ratios, longest = 0, [], 0.0
    for path in paths:
        start, answers = threading.Barrier(arguments.connections), []

        def ask(path=path, start=start, answers=answers):
            start.wait()
            answers.append(timed(target.port, path, {}))

        threads = [threading.Thread(target=ask) for _ in range(arguments.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        failed += sum(status != 200 for status, _took in answers)
        times = [took for _status, took in answers]
        longest = max(longest, *times)
        ratios.append(max(times) / min(times))
    print(
        f"\n{len(paths)} pages that were never made, each asked for {arguments.connections} times at once: {failed} failed,"
    )
    print(
        f"the longest wait {longest:.0f} ms; the last of each was answered {median(ratios):.1f} times as late as the first."
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
