"""Liveness and readiness checks for monitoring."""

import threading
import time

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from health.errors import CONNECTION_ERRORS
from jobs.models import Job
from translations.columns.sync import missing_columns


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 as long as the process answers, independent of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


class Readiness:
    """The result of the readiness check, cached for a second."""

    SECONDS = 1.0

    def __init__(self):
        self.lock = threading.Lock()
        self.result: tuple[int, dict] = (200, {})
        self.reset()

    def reset(self):
        """Check again at the next call of `status_and_state`."""
        self.valid_until = 0.0

    def status_and_state(self) -> tuple[int, dict]:
        """Return the HTTP status and the JSON object of the response."""
        with self.lock:
            if time.monotonic() >= self.valid_until:
                self.result = self.check()
                self.valid_until = time.monotonic() + self.SECONDS
            return self.result

    def check(self) -> tuple[int, dict]:
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if missing:
                names = [f"{migration.app_label}.{migration.name}" for migration, _ in missing]
                return 503, {"ready": False, "database": "ok", "migrations_missing": names}
            if columns := missing_columns(connection):
                return 503, {"ready": False, "database": "ok", "migrations_missing": [], "columns_missing": columns}
            return 200, {"ready": True, "database": "ok", "migrations_missing": [], "jobs": Job.objects.unhealthy()}
        except CONNECTION_ERRORS:
            return 503, {"ready": False, "database": "away"}


readiness = Readiness()


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Return 200 if the database can be reached and has all migrations and columns, else 503 with the missing ones.

    `jobs` lists recurring jobs that are late or failing. They do not change the status, as pages do not need them.
    """
    status, state = readiness.status_and_state()
    return JsonResponse(state, status=status)
