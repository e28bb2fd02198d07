"""What a worker holds in memory while someone asks for addresses that they make up, no two alike."""

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

from bench.pages.targets import Target

CLIENTS = 8
STEPS = 10
# After this share of the junk the memory is to have what it needs, but for one store's worth: the store's own share
# for made-up addresses, an eighth, is full long before, and the rest allows for what the allocator keeps.
SETTLED = 0.2
STORE_MEGABYTES = 64
# Pages that are not there, parameters that no page knows, and made-up values of one that a page knows.
KINDS = ["/en/made-up-{}/", "/en/?made-up={}", "/en/partners/?page=made-up-{}"]
HEAD = """
| made-up addresses asked for | memory per worker, MB | answers by status |
|---:|---:|---|"""


def measure(target: Target, arguments) -> list[str]:
    numbers, statuses, share = count(), Counter(), arguments.junk // STEPS // CLIENTS
    with target, ThreadPoolExecutor(CLIENTS) as clients:
        held = [target.megabytes()]
        print(f"| 0 | {held[0]:.0f} | |", flush=True)
        for step in range(1, STEPS + 1):
            for counted in clients.map(partial(ask_many, target.port, numbers), [share] * CLIENTS):
                statuses += counted
            told = ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
            held.append(target.megabytes())
            print(f"| {step * share * CLIENTS:,} | {held[-1]:.0f} | {told} |", flush=True)
    settled = held[round(SETTLED * STEPS)]
    if held[-1] - settled > STORE_MEGABYTES:
        return [f"made-up addresses took a worker from {settled:.0f} MB, after {SETTLED:.0%}, to {held[-1]:.0f} MB."]
    return []


def ask_many(port: int, numbers, share: int) -> Counter:
    connection, statuses = http.client.HTTPConnection("127.0.0.1", port, timeout=60), Counter()
    for number in (next(numbers) for _ in range(share)):
        connection.request("GET", KINDS[number % len(KINDS)].format(number))
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    connection.close()
    return statuses
