"""Error pages within the layout of the site, in the language of the visitor."""

import logging
import sys
from typing import Any

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from health.request_log import cause_of

log = logging.getLogger(__name__)

SECONDS_UNTIL_RETRY = 30
CONNECTION_ERRORS = (OperationalError, InterfaceError)
# SQLSTATE: PostgreSQL closed the connection because a transaction was idle for too long (server.database_limits).
IDLE_IN_TRANSACTION = "25P03"

# Status → heading, remedy.
ERRORS = {
    400: (_("We cannot read this request"), _("Check the address, or start from the home page.")),
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
        _("The connection took too long"),
        _("Your connection may be slow or may have broken off. Go back and send the form again."),
    ),
    413: (
        _("This request is too large"),
        _("Go back, shorten the text or choose a smaller file, and try again."),
    ),
    414: (_("This address is too long"), _("Shorten the address, or start from the home page.")),
    415: (_("This form does not accept files"), _("Go back and send the form without a file.")),
    431: (
        _("Your browser sends too much data"),
        _("Delete the cookies of this site in the settings of your browser, then load the page again."),
    ),
    429: (_("Too many attempts"), _("Wait a moment, then try again.")),
    500: (_("Something went wrong"), _("This is our fault, and we have logged the error. Try again in a moment.")),
    503: (_("The site is temporarily unavailable"), _("Try again in half a minute. Nothing is lost.")),
}
# Context of the layout without data from the database.
BARE_LAYOUT: dict[str, Any] = {
    "alliance": None,
    "threads": [],
    "layout_pages": [],
    "consent": None,
    "consented_scripts": [],
    "has_cookie_settings": False,
    "has_feedback_form": False,
    "may_withdraw": False,
}


def render_error(
    request: HttpRequest, status: int, layout: dict[str, Any] | None = None, texts: tuple[str, str] | None = None
) -> HttpResponse:
    """Return the error page for `status` within the layout of the site.

    `layout` replaces the context of the layout. If the database cannot be queried, BARE_LAYOUT is used. `texts` are a
    heading and a remedy that replace those of the status.
    """
    heading, remedy = texts or ERRORS[status]
    context = {"is_error": True, "status": status, "heading": heading, "remedy": remedy}
    try:
        content = render_to_string("error.html", context | (layout or {}), request)
    except DatabaseError as error:
        log.error("The error page was rendered without the menu: %s", cause_of(error))
        content = render_to_string("error.html", context | BARE_LAYOUT, request)
    return HttpResponse(content, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render_error(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # Views raise an Http404 with the status 410 for deleted content.
    return render_error(request, getattr(exception, "status", 404))


def is_database_unavailable(error: BaseException | None) -> bool:
    """Whether `error` means that the database cannot be reached, or that a query exceeded a time limit."""
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == IDLE_IN_TRANSACTION
    return isinstance(error, CONNECTION_ERRORS)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for 503 if the database is unavailable, else for 500. Neither queries the database."""
    is_unavailable = is_database_unavailable(sys.exc_info()[1])
    status = 503 if is_unavailable else 500
    response = render_error(request, status, BARE_LAYOUT)
    if is_unavailable:
        response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response
