"""How long a request waits for the database. Commands and recurring work have no such limits."""

from django.conf import settings

# A lock that is held, a statement that takes long, a transaction that waits for something else than the database.
POSTGRESQL = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
# Seconds to wait for the write lock.
SQLITE = 5


def limit_requests():
    """Have the connections of this server process give up in time; call it before there is one.

    A pooler in front of PostgreSQL (?pool=false) refuses such options; give its role or the pooler the limits.
    """
    database = settings.DATABASES["default"]
    options = database["OPTIONS"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options["timeout"] = SQLITE
    elif "pool" in options:
        # Options of DATABASE_URL stand last, and count.
        options["options"] = f"{POSTGRESQL} {options.get('options', '')}".strip()
