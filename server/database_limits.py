"""Time limits on the database queries of requests. Management commands and recurring jobs have none."""

from django.conf import settings

# Limits on each statement, on the wait for a lock, and on a transaction that is idle between two statements.
POSTGRESQL_OPTIONS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
# Seconds to wait for the write lock. Saving on a busy disk takes seconds, and a decision should not fail because of it.
SQLITE_TIMEOUT = 10


def limit_requests():
    """Set time limits for the database connections of this process. Call it before the first connection.

    With an external connection pooler (?pool=false) it sets none, because poolers refuse such options. Set the limits
    for the database role: ALTER ROLE … SET.
    """
    database = settings.DATABASES["default"]
    options = database["OPTIONS"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options["timeout"] = SQLITE_TIMEOUT
    elif "pool" in options:
        # PostgreSQL uses the last value of an option, so DATABASE_URL can override each limit.
        options["options"] = f"{POSTGRESQL_OPTIONS} {options.get('options', '')}".strip()
