"""Answers that belong to no page: the errors, uploads, and what a monitor asks."""

import logging
import sys

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.static import serve

from delivery.request_log import cause_of

log = logging.getLogger(__name__)

SECONDS_UNTIL_RETRY = 30
DATABASE_AWAY = (OperationalError, InterfaceError)


# Status → what happened, what to do.
ERRORS = {
    400: (_("This request could not be understood"), _("Check the address, or start from the home page.")),
    403: (_("You may not do this"), _("Sign in with an account that may, or go back and send the form again.")),
    404: (
        _("This page is not here"),
        _("It may have moved, or the address may contain a mistake. Search this site, or start from the home page."),
    ),
    410: (
        _("This page is gone"),
        _("It was taken off the site for good. Search this site, or start from the home page."),
    ),
    429: (_("Too many attempts"), _("Wait a quarter of an hour, then sign in again.")),
    500: (_("Something went wrong here"), _("The fault is ours and has been noted. Try again in a moment.")),
    503: (_("The site is being looked after"), _("Try again in half a minute; nothing is lost.")),
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


def server_error(request):
    """A fault of the site: 503 where the database is away, else 500. Neither asks the database for anything."""
    away = isinstance(sys.exc_info()[1], DATABASE_AWAY)
    status = 503 if away else 500
    response = render_error(request, status, BARE_FRAME)
    if away:
        response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response


@require_safe
def upload(request, path: str):
    """A file that staff uploaded. Another upload gets another name, so a browser need not ask again for a week."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response.headers["Cache-Control"] = "public, max-age=604800"
    return response


@require_safe
@never_cache
def healthz(request):
    """200 while the process answers, whatever the database does."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request):
    """200 when the database answers and has every migration, else 503 with what is missing."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DATABASE_AWAY:
        return JsonResponse({"ready": False, "database": "away"}, status=503)
    if missing:
        names = [f"{migration.app_label}.{migration.name}" for migration, _ in missing]
        return JsonResponse({"ready": False, "database": "ok", "migrations_missing": names}, status=503)
    return JsonResponse({"ready": True, "database": "ok", "migrations_missing": []})
