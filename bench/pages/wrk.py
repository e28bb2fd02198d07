"""One turn of wrk, and what it and the system tell of it."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.pages.targets import Target

# As browsers ask.
BROWSER = "gzip, deflate, br, zstd"
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass
class Turn:
    rate: float
    # Milliseconds within which half, 99 % and all of the requests were answered.
    half: float
    most: float
    longest: float
    # Milliseconds of the processor that the server took for a thousand requests.
    processor: float
    # Answers with another status than 2xx or 3xx, and those that never came.
    failed: int


def ask(target: Target, seconds: int, connections: int, encoding: str = BROWSER, script: list[str] = ()) -> Turn:
    """Ask for its address on so many connections; `script` is a Lua file and its arguments, where others are asked."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}", "--latency", "--timeout", "60"]
    command += ["-H", f"Accept-Encoding: {encoding}"]
    if script:
        command += ["-s", str(Path(__file__).with_name(script[0]))]
    command += [target.url, *(["--", *script[1:]] if script else [])]
    before = target.processor_seconds()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = target.processor_seconds() - before
    turn = read(printed, spent)
    if turn.failed:
        print(f"{target.name}: {turn.failed} requests failed", file=sys.stderr)
    return turn


def read(printed: str, spent: float) -> Turn:
    def milliseconds(pattern: str) -> float:
        number, unit = re.search(rf"{pattern}\s+([\d.]+)(us|ms|s|m)\b", printed).groups()
        return float(number) * MILLISECONDS[unit]

    total = int(re.search(r"(\d+) requests in", printed)[1])
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", printed))
    for errors in re.findall(r"Socket errors: (.+)", printed):
        failed += sum(map(int, re.findall(r"\d+", errors)))
    return Turn(
        rate=float(re.search(r"Requests/sec:\s*([\d.]+)", printed)[1]),
        half=milliseconds("50%"),
        most=milliseconds("99%"),
        longest=milliseconds(r"Latency\s+\S+\s+\S+"),
        processor=spent / total * 1e6 if total else 0.0,
        failed=failed,
    )
