"""What becomes of speed, memory and start with the number of universities, each in ten languages.

The first page alone, beside nginx with that page as a file; then the pages of all universities in turn, as a crawler
reads them.
"""

from contextlib import nullcontext
from pathlib import Path

from bench.pages import wrk
from bench.pages.targets import Target, fetch

HEAD = """
| universities | | start, s | first page, bytes | requests/s | p50, ms | p99, ms | ratio | CPU, ms per 1,000 | \
all in turn, requests/s | p99, ms | memory, MB |
|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def measure(size: int, targets: list[Target], nginx: Target | None, folder: Path, arguments):
    """`nginx` runs all the while, and has a turn just before each of the others that its ratio is taken from."""
    with nginx or nullcontext():
        if nginx:
            wrk.ask(nginx, 1, arguments.connections)
            turn = wrk.ask(nginx, arguments.seconds, arguments.connections)
            show(size, nginx, turn, turn, None)
        for target in targets:
            addresses = folder / "addresses"
            addresses.write_text(target.run(*target.fill, str(size)))
            with target:
                wrk.ask(target, 1, arguments.connections)
                beside = nginx and wrk.ask(nginx, arguments.seconds, arguments.connections)
                one = wrk.ask(target, arguments.seconds, arguments.connections)
                script = ["addresses.lua", str(addresses)]
                every = wrk.ask(target, arguments.seconds * 3, arguments.connections, script=script)
                show(size, target, one, beside, every)


def show(size: int, target: Target, one: wrk.Turn, beside: wrk.Turn | None, every: wrk.Turn | None):
    ratio = f"{one.rate / beside.rate:.2f}" if beside else "—"
    in_turn = f"{every.rate:,.0f} | {every.most:,.0f}" if every else "— | —"
    print(
        f"| {size:,} | {target.name} | {target.starting_seconds:.1f} | {len(fetch(target.url, wrk.BROWSER)):,} | "
        f"{one.rate:,.0f} | {one.half:.1f} | {one.most:.1f} | {ratio} | {one.processor:.1f} | {in_turn} | "
        f"{target.megabytes():.0f} |",
        flush=True,
    )
