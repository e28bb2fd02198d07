"""Thread of each server process that learns of changes of content."""

import logging
import threading
import time
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from pagecache.models import ContentVersion
from pagecache.triggers import CHANNEL

log = logging.getLogger(__name__)

# Seconds between two looks at the database; PostgreSQL also notifies at once.
PAUSE = 0.4
# Seconds after an error that the program does not know.
PAUSE_AFTER_A_FAULT = 5


def file_number(path: str) -> int | None:
    """The number of the file at `path` on its disk; None where there is none."""
    try:
        return Path(path).stat().st_ino
    except OSError:
        return None


class Watcher(threading.Thread):
    """Tells the page cache which content version the database holds, and when the database cannot be reached."""

    def __init__(self, cache):
        super().__init__(name="page-cache-watcher", daemon=True)
        self.cache = cache
        self.listening = None
        self.file: int | None = None

    def run(self):
        while True:
            try:
                self.close_if_replaced()
                self.listen()
                self.cache.set_content_version(ContentVersion.objects.current())
                self.wait()
            except (DatabaseError, InterfaceError) as error:
                self.cache.database_is_away(error)
                connection.close()
                time.sleep(PAUSE)
            except Exception:
                # Without this thread no change would ever be seen.
                log.exception("The page cache could not look for changes")
                connection.close()
                time.sleep(PAUSE_AFTER_A_FAULT)

    def close_if_replaced(self):
        """Close an SQLite database that was restored: it is another file in the same place."""
        if connection.vendor == "sqlite":
            file = file_number(connection.settings_dict["NAME"])
            if file != self.file:
                connection.close()
            self.file = file

    def listen(self):
        if connection.vendor == "postgresql" and (
            connection.connection is None or self.listening is not connection.connection
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self.listening = connection.connection

    def wait(self):
        if self.listening is None:
            time.sleep(PAUSE)
            return
        with connection.wrap_database_errors:
            for _notice in self.listening.notifies(timeout=PAUSE, stop_after=1):
                pass
