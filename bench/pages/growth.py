"""Speed, memory and start time by the number of universities, each in ten languages.

Measures the home page, with nginx and a plain file as a comparison, and then the pages of all universities in turn.
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
    """Print a row for each target. A run of `nginx` immediately before each one is the base of its ratio."""
    with nginx or nullcontext():
        if nginx:
            wrk.run(nginx, 1, arguments.connections)
            run = wrk.run(nginx, arguments.seconds, arguments.connections)
            show(size, nginx, run, run, None)
        for target in targets:
            addresses = folder / "addresses"
            addresses.write_text(target.run(*target.fill, str(size)))
            with target:
                wrk.run(target, 1, arguments.connections)
                base = nginx and wrk.run(nginx, arguments.seconds, arguments.connections)
                one_page = wrk.run(target, arguments.seconds, arguments.connections)
                script = ["addresses.lua", str(addresses)]
                all_pages = wrk.run(target, arguments.seconds * 3, arguments.connections, script=script)
                show(size, target, one_page, base, all_pages)


def show(size: int, target: Target, one_page: wrk.Run, base: wrk.Run | None, all_pages: wrk.Run | None):
    ratio = f"{one_page.rate / base.rate:.2f}" if base else "—"
    in_turn = f"{all_pages.rate:,.0f} | {all_pages.p99:,.0f}" if all_pages else "— | —"
    print(
        f"| {size:,} | {target.name} | {target.starting_seconds:.1f} | {len(fetch(target.url, wrk.BROWSER)):,} | "
        f"{one_page.rate:,.0f} | {one_page.p50:.1f} | {one_page.p99:.1f} | {ratio} | {one_page.cpu:.1f} | {in_turn} | "
        f"{target.megabytes():.0f} |",
        flush=True,
    )
