"""A page from the store against the same bytes from a file: python -m bench.pages --help."""

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.pages.targets import Target, fetch, start_constant, start_nginx
from tests.serving import Server

UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--path", default="/en/", help="The page (default: %(default)s).")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=4, help="Of each turn (default: %(default)s).")
    parser.add_argument("--rounds", type=int, default=5, help="Turns of each server (default: %(default)s).")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing, which asks the questions: sudo apt install wrk")
    if not shutil.which("nginx"):
        print("nginx is missing (sudo apt install nginx): the site is measured alone.\n")
    folder = Path(tempfile.mkdtemp(prefix="bench-pages-"))
    folder.chmod(0o755)
    site, bare = (
        Server(folder / name, {"PAGE_STORE_MEGABYTES": size}) for name, size in (("site", "64"), ("bare", "0"))
    )
    processes = []
    # Stopped half-way, it still stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        for server in (site, bare):
            server.data.mkdir()
            server.manage("prepare", check=True)
            server.start()
        for encoding in ("identity", "br"):
            body = fetch(f"{site.url}{arguments.path}", encoding)
            print(f"\n## {arguments.path}, {encoding}: {len(body):,} bytes, {arguments.connections} connections\n")
            targets = []
            if shutil.which("nginx"):
                process, url = start_nginx(folder / f"nginx-{encoding}", body)
                processes.append(process)
                targets.append(Target("nginx, a file", url))
            process, url = start_constant(folder, body)
            processes.append(process)
            targets.append(Target("the server alone, a constant", url))
            targets.append(Target("the site, from the store", f"{site.url}{arguments.path}"))
            targets.append(Target("the site without its store", f"{bare.url}{arguments.path}"))
            show(measure(targets, encoding, arguments))
    finally:
        for server in (site, bare):
            server.stop()
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(folder)


def measure(targets: list[Target], encoding: str, arguments) -> dict[str, list[tuple[float, float, float]]]:
    """Each target in turn, again and again, so that whatever else the machine does meets all of them."""
    turns = {target.name: [] for target in targets}
    for _round in range(arguments.rounds):
        for target in targets:
            command = ["wrk", "-t2", f"-c{arguments.connections}", f"-d{arguments.seconds}", "--latency"]
            command += ["-H", f"Accept-Encoding: {encoding}", target.url]
            turns[target.name].append(read(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return turns


def read(printed: str) -> tuple[float, float, float]:
    """Requests a second, and the milliseconds within which half and 99 % of them were answered, as wrk prints them."""
    if "Non-2xx" in printed or "Socket errors" in printed:
        print(f"\n{printed}", file=sys.stderr)
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", printed)[1])
    half, most = (
        float(found[1]) * UNITS[found[2]]
        for found in (re.search(rf"{share}%\s+([\d.]+)(us|ms|s|m)\b", printed) for share in (50, 99))
    )
    return rate, half, most


def show(turns: dict[str, list[tuple[float, float, float]]]):
    """Medians over the turns; the ratio is that of each round to the first target's turn in it."""
    first = next(iter(turns.values()))
    print("| | requests/s | p50, ms | p99, ms | ratio |\n|---|---:|---:|---:|---:|")
    for name, measured in turns.items():
        rate, half, most = (statistics.median(figures) for figures in zip(*measured, strict=True))
        ratio = statistics.median(turn[0] / beside[0] for turn, beside in zip(measured, first, strict=True))
        print(f"| {name} | {rate:,.0f} | {half:.1f} | {most:.1f} | {ratio:.2f} |", flush=True)


main()
