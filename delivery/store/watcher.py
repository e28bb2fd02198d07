"""A thread of each server process that learns of changes of content while nobody waits for it."""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from delivery.models import Generation
from delivery.sqlite import close_if_replaced
from delivery.triggers import CHANNEL

log = logging.getLogger(__name__)

# A change is seen after so many seconds at the latest; PostgreSQL tells of it at once.
PAUSE = 0.4


class Watcher(threading.Thread):
    """Tells the page store which generation the database holds, and when it can't be asked."""

    def __init__(self, store):
        super().__init__(name="page-store-watcher", daemon=True)
        self.store = store
        self.listening = None

    def run(self):
        while True:
            try:
                close_if_replaced()
                self.listen()
                self.store.confirm(Generation.objects.current())
                self.wait()
            except (DatabaseError, InterfaceError) as error:
                self.store.lose_sight(error)
                connection.close()
                time.sleep(PAUSE)
            except Exception:
                # Whatever it is, without this thread no change would be seen any more.
                log.exception("The page store could not look for changes")
                time.sleep(PAUSE)

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
