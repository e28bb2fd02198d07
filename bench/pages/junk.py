"""Memory of a worker while a client requests invented URLs, all of them different."""

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

from bench.pages.targets import Target

CLIENTS = 8
STEPS = 10
# After this share of the requests, the memory may grow by one page cache at most. The part of the page cache for such
# URLs, an eighth, is full long before; the rest is a tolerance for the allocator.
SETTLED = 0.2
CACHE_MEGABYTES = 64
# Missing pages, unknown parameters, and invented values of a known parameter.
URLS = ["/en/invented-{}/", "/en/?invented={}", "/en/partners/?page=invented-{}"]
HEAD = """
| requests for invented URLs | memory per worker, MB | responses by status |
|---:|---:|---|"""


def measure(target: Target, arguments) -> list[str]:
    numbers, statuses, share = count(), Counter(), arguments.junk // STEPS // CLIENTS
    with target, ThreadPoolExecutor(CLIENTS) as clients:
        memory = [target.megabytes()]
        print(f"| 0 | {memory[0]:.0f} | |", flush=True)
        for step in range(1, STEPS + 1):
            for counts in clients.map(partial(request_many, target.port, numbers), [share] * CLIENTS):
                statuses += counts
            by_status = ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
            memory.append(target.megabytes())
            print(f"| {step * share * CLIENTS:,} | {memory[-1]:.0f} | {by_status} |", flush=True)
    settled = memory[round(SETTLED * STEPS)]
    if memory[-1] - settled > CACHE_MEGABYTES:
        growth = f"from {settled:.0f} MB, after {SETTLED:.0%}, to {memory[-1]:.0f} MB"
        return [f"requests for invented URLs increased the memory of a worker {growth}."]
    return []


def request_many(port: int, numbers, share: int) -> Counter:
    connection, statuses = http.client.HTTPConnection("127.0.0.1", port, timeout=60), Counter()
    for number in (next(numbers) for _ in range(share)):
        connection.request("GET", URLS[number % len(URLS)].format(number))
        response = connection.getresponse()
        response.read()
        statuses[response.status] += 1
    connection.close()
    return statuses
