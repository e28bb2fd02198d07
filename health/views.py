"""Liveness and readiness, for monitors."""

import threading
import time

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from health.errors import DATABASE_AWAY
from jobs.models import Job


@require_safe
@never_cache
def healthz(request):
    """200 while the process answers, whatever the database does."""
    return HttpResponse("ok\n", content_type="text/plain")


class Readiness:
    """The answer of /readyz, found out once a second at most, however many ask."""

    SECONDS = 1.0

    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        self.found, self.holds_until = (200, {}), 0.0

    def status_and_state(self) -> tuple[int, dict]:
        with self.lock:
            if time.monotonic() >= self.holds_until:
                self.found = self.find_out()
                self.holds_until = time.monotonic() + self.SECONDS
            return self.found

    def find_out(self) -> tuple[int, dict]:
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if missing:
                names = [f"{migration.app_label}.{migration.name}" for migration, _ in missing]
                return 503, {"ready": False, "database": "ok", "migrations_missing": names}
            return 200, {"ready": True, "database": "ok", "migrations_missing": [], "jobs": Job.objects.unhealthy()}
        except DATABASE_AWAY:
            return 503, {"ready": False, "database": "away"}


readiness = Readiness()


@require_safe
@never_cache
def readyz(request):
    """200 when the database answers and has every migration, else 503 with what is missing.

    `jobs` names the recurring jobs that are late or failing; visitors do not depend on them, so the site is ready.
    """
    status, state = readiness.status_and_state()
    return JsonResponse(state, status=status)
