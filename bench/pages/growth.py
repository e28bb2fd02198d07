"""What becomes of speed, memory and start with the number of universities, each in ten languages.

The first page alone, then the pages of all universities in turn, as a crawler reads them.
"""

from pathlib import Path

from bench.pages import wrk
from bench.pages.targets import Target, fetch

HEAD = """
| universities | | start, s | first page, bytes | requests/s | all in turn, requests/s | p99, ms | memory, MB |
|---:|---|---:|---:|---:|---:|---:|---:|"""


def measure(size: int, targets: list[Target], folder: Path, arguments):
    for target in targets:
        addresses = folder / "addresses"
        addresses.write_text(target.run(*target.fill, str(size)))
        with target:
            body = fetch(target.url)
            wrk.ask(target, 1, arguments.connections)
            one = wrk.ask(target, arguments.seconds, arguments.connections)
            every = wrk.ask(
                target, arguments.seconds * 3, arguments.connections, script=["addresses.lua", str(addresses)]
            )
            print(
                f"| {size:,} | {target.name} | {target.starting_seconds:.1f} | {len(body):,} | {one.rate:,.0f} | "
                f"{every.rate:,.0f} | {every.most:,.0f} | {target.megabytes():.0f} |",
                flush=True,
            )
