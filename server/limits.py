"""Limits on request bodies by URL: low for visitors, higher for staff."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import parse_cookie
from django.urls import reverse

from server.body import BodyLimit

# The longest form for visitors has 40 KB if each letter is percent-encoded.
VISITOR_LIMIT = BodyLimit(100_000, accepts_files=False)
# If the session ended while a form was filled in, the sign-in page keeps the form, so its whole body must arrive.
SIGN_IN_LIMIT = BodyLimit(5_000_000, accepts_files=True)
STAFF_LIMIT = BodyLimit(32_000_000, accepts_files=True)


def body_limit(environ: dict[str, Any]) -> BodyLimit:
    """Return the limit for a request. For URLs of the admin, this queries the database for the session."""
    if not environ["PATH_INFO"].startswith(reverse("admin:index")):
        return VISITOR_LIMIT
    return STAFF_LIMIT if is_signed_in(environ) else SIGN_IN_LIMIT


def is_signed_in(environ: dict[str, Any]) -> bool:
    """Whether the request belongs to a signed-in session; False if the database cannot be reached."""
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME)
    try:
        return bool(key) and SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key)
    except (DatabaseError, InterfaceError, ValueError):
        # ValueError: PostgreSQL accepts no NUL in a key.
        return False
    finally:
        # Django closes them only at the end of a request, and this runs before one.
        close_old_connections()
