"""Thread of each server process that looks for changes of content."""

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError, connection

from pagecache.models import ContentVersion
from pagecache.triggers import CHANNEL

if TYPE_CHECKING:
    from pagecache.cache import PageCache

log = logging.getLogger(__name__)

# Seconds between two queries of the content version. PostgreSQL also sends a notification with each change.
POLL_INTERVAL = 0.4
# Seconds until the next query after an unexpected error.
ERROR_DELAY = 5


def inode(path: str) -> int | None:
    """Return the inode number of a file, or None if it does not exist."""
    try:
        return Path(path).stat().st_ino
    except OSError:
        return None


class Watcher(threading.Thread):
    """Tells the page cache the current content version, or that the database cannot be reached."""

    def __init__(self, cache: "PageCache"):
        super().__init__(name="page-cache-watcher", daemon=True)
        self.cache = cache
        # The psycopg connection on which LISTEN was executed.
        self.listening: Any = None
        self.database_inode: int | None = None

    def run(self):
        while True:
            try:
                self.close_if_replaced()
                self.listen()
                self.cache.set_content_version(ContentVersion.objects.current())
                self.wait()
            except (DatabaseError, InterfaceError) as error:
                self.cache.set_database_unavailable(error)
                connection.close()
                time.sleep(POLL_INTERVAL)
            except Exception:
                # The thread must not end, because then no change would be noticed.
                log.exception("The page cache could not read the content version")
                connection.close()
                time.sleep(ERROR_DELAY)

    def close_if_replaced(self):
        """Close the connection to an SQLite database that was replaced by another file, as by a restore."""
        if connection.vendor == "sqlite":
            current = inode(connection.settings_dict["NAME"])
            if current != self.database_inode:
                connection.close()
            self.database_inode = current

    def listen(self):
        """Subscribe to notifications of PostgreSQL, again after each reconnect."""
        if connection.vendor == "postgresql" and (
            connection.connection is None or self.listening is not connection.connection
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self.listening = connection.connection

    def wait(self):
        """Wait for a notification, at most POLL_INTERVAL seconds."""
        if self.listening is None:
            time.sleep(POLL_INTERVAL)
            return
        with connection.wrap_database_errors:
            for _notification in self.listening.notifies(timeout=POLL_INTERVAL, stop_after=1):
                pass
