"""Answers that belong to no page: the errors, and what a monitor asks."""

import logging
import sys
import threading
import time

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from delivery.request_log import cause_of
from jobs.models import Job

log = logging.getLogger(__name__)

SECONDS_UNTIL_RETRY = 30
DATABASE_AWAY = (OperationalError, InterfaceError)
# PostgreSQL ended the connection because its transaction was idle for too long (delivery.database_limits).
IDLE_IN_TRANSACTION = "25P03"

# Status → what happened, what to do.
ERRORS = {
    400: (_("This request is not valid"), _("Check the address, or start from the home page.")),
    403: (
        _("You do not have permission"),
        _("Sign in with an account that has permission, or go back and send the form again."),
    ),
    404: (
        _("Page not found"),
        _("It may have moved, or the address may contain a mistake. Search this site, or start from the home page."),
    ),
    410: (
        _("Page removed"),
        _("This page was permanently removed. Search this site, or start from the home page."),
    ),
    408: (
        _("The request timed out"),
        _("Your connection may be slow or may have broken off. Go back and send the form again."),
    ),
    413: (
        _("This request is too large"),
        _("Go back, shorten the text or choose a smaller file, and try again."),
    ),
    415: (_("This form does not accept files"), _("Go back and send the form without a file.")),
    429: (_("Too many attempts"), _("Wait a quarter of an hour, then sign in again.")),
    500: (_("Something went wrong"), _("This is our fault, and we have logged the error. Try again in a moment.")),
    503: (_("The site is temporarily unavailable"), _("Try again in half a minute. Nothing is lost.")),
}
# The frame without anything from the database.
BARE_FRAME = {"alliance": None, "frame_pages": [], "consent": None, "consented_scripts": [], "may_withdraw": False}


def render_error(request, status: int, frame: dict | None = None, words: tuple[str, str] | None = None) -> HttpResponse:
    """The error page for `status` within the site's frame; a bare one where the database is away.

    `words` are heading and remedy where those of the status do not fit.
    """
    heading, remedy = words or ERRORS[status]
    context = {"is_error": True, "status": status, "heading": heading, "remedy": remedy}
    try:
        content = render_to_string("error.html", context | (frame or {}), request)
    except DatabaseError as error:
        log.error("The error page has no menu: %s", cause_of(error))
        content = render_to_string("error.html", context | BARE_FRAME, request)
    return HttpResponse(content, status=status)


def bad_request(request, exception=None):
    return render_error(request, 400)


def permission_denied(request, exception=None):
    return render_error(request, 403)


def csrf_failure(request, reason=""):
    return render_error(request, 403)


def page_not_found(request, exception=None):
    # What knows that it was deleted says so.
    return render_error(request, getattr(exception, "status", 404))


def is_away(error: BaseException | None) -> bool:
    """Whether `error` says that the database cannot be reached, or took longer than a request may wait."""
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == IDLE_IN_TRANSACTION
    return isinstance(error, DATABASE_AWAY)


def server_error(request):
    """A fault of the site: 503 where the database is away, else 500. Neither asks the database for anything."""
    away = is_away(sys.exc_info()[1])
    status = 503 if away else 500
    response = render_error(request, status, BARE_FRAME)
    if away:
        response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response


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
            return 200, {"ready": True, "database": "ok", "migrations_missing": [], "jobs": Job.objects.troubles()}
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
