"""Limits on request bodies by URL: small for visitors, larger for staff."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import parse_cookie
from django.urls import reverse

from server.body import BodyLimit

# The longest form of visitors is 40 KB when each of its letters is percent-encoded.
FOR_VISITORS = BodyLimit(100_000, accepts_files=False)
# A form whose session ended while somebody typed: it is shown again as typed, and must arrive for that.
FOR_SIGNING_IN = BodyLimit(5_000_000, accepts_files=True)
FOR_STAFF = BodyLimit(32_000_000, accepts_files=True)


def is_for_staff(environ: dict) -> bool:
    return environ["PATH_INFO"].startswith(reverse("admin:index"))


def body_limit(environ: dict) -> BodyLimit:
    """The limit on the body of a request. Asks the database whether its sender has signed in."""
    if not is_for_staff(environ):
        return FOR_VISITORS
    return FOR_STAFF if has_session(environ) else FOR_SIGNING_IN


def has_session(environ: dict) -> bool:
    """Whether the sender has signed in; not while the database is away."""
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME)
    try:
        return bool(key) and SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key)
    except (DatabaseError, InterfaceError, ValueError):
        # PostgreSQL takes no key with a NUL in it.
        return False
    finally:
        # As at the end of a request; this is outside of one.
        close_old_connections()
