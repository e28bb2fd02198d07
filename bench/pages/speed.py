"""One page, asked for again and again of each server in turn; start is the time from there to the first answer."""

from contextlib import ExitStack
from statistics import median

from bench.pages import wrk
from bench.pages.targets import Target, fetch

HEAD = """
| | requests/s | p50, ms | p99, ms | ratio | bytes | CPU, ms per 1,000 | memory per worker, MB | start, s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def measure(targets: list[Target], encoding: str, script: list[str], arguments):
    """In alternation, so that whatever else the machine does meets all of them."""
    turns = {target.name: [] for target in targets}
    with ExitStack() as running:
        for target in targets:
            wrk.ask(running.enter_context(target), 1, arguments.connections, encoding, script)
        for _round in range(arguments.rounds):
            for target in targets:
                turn = wrk.ask(target, arguments.seconds, arguments.connections, encoding, script)
                turns[target.name].append(turn)
        show(targets, turns, encoding)


def show(targets: list[Target], turns: dict[str, list[wrk.Turn]], encoding: str):
    """Medians over the turns; the ratio is that of each turn to the first server's turn beside it."""
    first = turns[targets[0].name]
    print(HEAD)
    for target in targets:
        mine = turns[target.name]
        rate, half, most, processor = (
            median(getattr(turn, name) for turn in mine) for name in ("rate", "half", "most", "processor")
        )
        ratio = median(turn.rate / beside.rate for turn, beside in zip(mine, first, strict=True))
        print(
            f"| {target.name} | {rate:,.0f} | {half:.1f} | {most:.1f} | {ratio:.2f} | "
            f"{len(fetch(target.url, encoding)):,} | {processor:.1f} | {target.megabytes():.0f} | "
            f"{target.starting_seconds:.1f} |",
            flush=True,
        )
