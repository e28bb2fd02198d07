"""Error pages within the layout of the site, in the language of the visitor."""

import logging
import sys

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from health.request_log import cause_of

log = logging.getLogger(__name__)

SECONDS_UNTIL_RETRY = 30
DATABASE_AWAY = (OperationalError, InterfaceError)
# PostgreSQL ended the connection because its transaction was idle for too long (server.database_limits).
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
BARE_LAYOUT = {"alliance": None, "layout_pages": [], "consent": None, "consented_scripts": [], "may_withdraw": False}


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
        content = render_to_string("error.html", context | BARE_LAYOUT, request)
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
    response = render_error(request, status, BARE_LAYOUT)
    if away:
        response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response
