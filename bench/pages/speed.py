"""One page, asked for again and again of each server in turn; start is the time from there to the first answer."""

from statistics import median

from bench.pages import wrk
from bench.pages.targets import ALONE, BEHIND_NGINX, BY_NGINX, DJANGO, SITE, WAGTAIL, Target, fetch

HEAD = """
| | requests/s | p50, ms | p99, ms | ratio | bytes | CPU, ms per 1,000 | memory per worker, MB | start, s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""
# Goals: server, the server that it is compared with, and the least ratio of their requests a second.
GOALS = [
    (BEHIND_NGINX, BY_NGINX, 0.6),
    (SITE, ALONE, 0.5),
    (SITE, DJANGO, 3),
    (SITE, WAGTAIL, 3),
]


def measure(targets: list[Target], encoding: str, script: list[str], arguments) -> list[str]:
    """In alternation, so that whatever else the machine does meets all of them.

    Each turn is on a server started anew: on which processor it lands is chance, and lasts as long as it runs.
    """
    turns = {target.name: [] for target in targets}
    told = {}
    for _round in range(arguments.rounds):
        for target in targets:
            with target:
                wrk.ask(target, 1, arguments.connections, encoding, script)
                turn = wrk.ask(target, arguments.seconds, arguments.connections, encoding, script)
                turns[target.name].append(turn)
                told[target.name] = len(fetch(target.url, encoding)), target.megabytes(), target.starting_seconds
    show(turns, told)
    return missed_goals(turns)


def show(turns: dict[str, list[wrk.Turn]], told: dict[str, tuple[int, float, float]]):
    """Medians over the turns; the ratio is that of each turn to the first server's turn beside it.

    `told` is, by server, the bytes of an answer, megabytes of a worker, and seconds from start to first answer.
    """
    first, *_others = turns
    print(HEAD)
    for name, mine in turns.items():
        rate, half, most, processor = (
            median(getattr(turn, figure) for turn in mine) for figure in ("rate", "half", "most", "processor")
        )
        size, memory, start = told[name]
        print(
            f"| {name} | {rate:,.0f} | {half:.1f} | {most:.1f} | {ratio_of(name, turns, first):.2f} | {size:,} | "
            f"{processor:.1f} | {memory:.0f} | {start:.1f} |",
            flush=True,
        )


def ratio_of(name: str, turns: dict[str, list[wrk.Turn]], other: str) -> float:
    return median(turn.rate / beside.rate for turn, beside in zip(turns[name], turns[other], strict=True))


def missed_goals(turns: dict[str, list[wrk.Turn]]) -> list[str]:
    missed = []
    for name, other, least in GOALS:
        if name in turns and other in turns and (ratio := ratio_of(name, turns, other)) < least:
            missed.append(f"{name} has {ratio:.2f} times the requests a second of {other}, not {least}.")
    return missed
