"""Speed of one page on each server. The start time is that until the first response."""

from statistics import median

from bench.pages import wrk
from bench.pages.targets import ALONE, BEHIND_NGINX, DJANGO, NGINX_FILE, SITE, WAGTAIL, Target, fetch

HEAD = """
| | requests/s | p50, ms | p99, ms | ratio | bytes | CPU, ms per 1,000 | memory per worker, MB | start, s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""
# Goals: server, the server that it is compared with, and the minimum ratio of their requests per second.
GOALS = [
    (BEHIND_NGINX, NGINX_FILE, 0.6),
    (SITE, ALONE, 0.5),
    (SITE, DJANGO, 3),
    (SITE, WAGTAIL, 3),
]


def measure(targets: list[Target], encoding: str, script: list[str], arguments) -> list[str]:
    """Print a row for each target, and return the missed goals.

    Targets take runs, so that other load of the machine affects all of them. Each run starts the server again, because
    the processor that it runs on is random.
    """
    runs = {target.name: [] for target in targets}
    facts = {}
    for _round in range(arguments.rounds):
        for target in targets:
            with target:
                wrk.run(target, 1, arguments.connections, encoding, script)
                run = wrk.run(target, arguments.seconds, arguments.connections, encoding, script)
                runs[target.name].append(run)
                facts[target.name] = len(fetch(target.url, encoding)), target.megabytes(), target.starting_seconds
    show(runs, facts)
    return missed_goals(runs)


def show(runs: dict[str, list[wrk.Run]], facts: dict[str, tuple[int, float, float]]):
    """Print medians. The ratio compares each run with the run of the first server in the same round.

    `facts` has the size of the page in bytes, the memory of a worker in megabytes, and the start time in seconds.
    """
    first, *_others = runs
    print(HEAD)
    for name, own_runs in runs.items():
        rate, p50, p99, cpu = (
            median(getattr(run, figure) for run in own_runs) for figure in ("rate", "p50", "p99", "cpu")
        )
        size, memory, start = facts[name]
        print(
            f"| {name} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {ratio_of(name, runs, first):.2f} | {size:,} | "
            f"{cpu:.1f} | {memory:.0f} | {start:.1f} |",
            flush=True,
        )


def ratio_of(name: str, runs: dict[str, list[wrk.Run]], other: str) -> float:
    return median(run.rate / other_run.rate for run, other_run in zip(runs[name], runs[other], strict=True))


def missed_goals(runs: dict[str, list[wrk.Run]]) -> list[str]:
    missed = []
    for name, other, minimum in GOALS:
        if name in runs and other in runs and (ratio := ratio_of(name, runs, other)) < minimum:
            missed.append(f"{name} has {ratio:.2f} times the requests per second of {other}; the goal is {minimum}.")
    return missed
