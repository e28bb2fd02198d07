"""A run of wrk, and its results."""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.pages.targets import Target

# Accept-Encoding of browsers.
BROWSER = "gzip, deflate, br, zstd"
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass
class Run:
    """Results of a run."""

    # Requests per second.
    rate: float
    # Latency in milliseconds.
    p50: float
    p99: float
    longest: float
    # CPU time of the server for 1,000 requests, in milliseconds.
    cpu: float
    # Responses with a status other than 2xx or 3xx, and requests without a response.
    failed: int


def run(target: Target, seconds: int, connections: int, encoding: str = BROWSER, script: Sequence[str] = ()) -> Run:
    """Send requests to the URL of a target. `script` is a Lua file with its arguments that changes the requests."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}", "--latency", "--timeout", "60"]
    command += ["-H", f"Accept-Encoding: {encoding}"]
    if script:
        command += ["-s", str(Path(__file__).with_name(script[0]))]
    command += [target.url, *(["--", *script[1:]] if script else [])]
    cpu_before = target.cpu_seconds()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = parse(output, target.cpu_seconds() - cpu_before)
    if result.failed:
        print(f"{target.name}: {result.failed} requests failed", file=sys.stderr)
    return result


def parse(output: str, cpu_seconds: float) -> Run:
    def milliseconds(pattern: str) -> float:
        number, unit = re.search(rf"{pattern}\s+([\d.]+)(us|ms|s|m)\b", output).groups()
        return float(number) * MILLISECONDS[unit]

    total = int(re.search(r"(\d+) requests in", output)[1])
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", output))
    for errors in re.findall(r"Socket errors: (.+)", output):
        failed += sum(map(int, re.findall(r"\d+", errors)))
    return Run(
        rate=float(re.search(r"Requests/sec:\s*([\d.]+)", output)[1]),
        p50=milliseconds("50%"),
        p99=milliseconds("99%"),
        longest=milliseconds(r"Latency\s+\S+\s+\S+"),
        cpu=cpu_seconds / total * 1e6 if total else 0.0,
        failed=failed,
    )
