"""What a worker holds in memory while someone asks for addresses that they make up, no two alike."""

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

from bench.pages.targets import Target

CLIENTS = 8
STEPS = 10
# Pages that are not there, parameters that no page knows, and made-up values of one that a page knows.
KINDS = ["/en/made-up-{}/", "/en/?made-up={}", "/en/partners/?page=made-up-{}"]
HEAD = """
| made-up addresses asked for | memory per worker, MB | answers by status |
|---:|---:|---|"""


def measure(target: Target, arguments):
    numbers, statuses, share = count(), Counter(), arguments.junk // STEPS // CLIENTS
    with target, ThreadPoolExecutor(CLIENTS) as clients:
        print(f"| 0 | {target.megabytes():.0f} | |", flush=True)
        for step in range(1, STEPS + 1):
            for counted in clients.map(partial(ask_many, target.port, numbers), [share] * CLIENTS):
                statuses += counted
            told = ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
            print(f"| {step * share * CLIENTS:,} | {target.megabytes():.0f} | {told} |", flush=True)


def ask_many(port: int, numbers, share: int) -> Counter:
    connection, statuses = http.client.HTTPConnection("127.0.0.1", port, timeout=60), Counter()
    for number in (next(numbers) for _ in range(share)):
        connection.request("GET", KINDS[number % len(KINDS)].format(number))
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    connection.close()
    return statuses
