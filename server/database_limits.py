"""Time limits on the database queries of requests. Management commands and recurring jobs have none."""

from django.conf import settings

# Limits on each statement, on the wait for a lock, and on a transaction that is idle between two statements.
POSTGRESQL_OPTIONS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
# Seconds to wait for the write lock.
SQLITE_TIMEOUT = 5


def limit_requests():
    """Set time limits for the database connections of this process. Call it before the first connection.

    A connection pooler in front of PostgreSQL (?pool=false) refuses such options. Set them for its role.
    """
    database = settings.DATABASES["default"]
    options = database["OPTIONS"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options["timeout"] = SQLITE_TIMEOUT
    elif "pool" in options:
        # The last of several options of one name applies, so that DATABASE_URL can change each limit.
        options["options"] = f"{POSTGRESQL_OPTIONS} {options.get('options', '')}".strip()
