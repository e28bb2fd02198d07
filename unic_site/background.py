"""What each server process does by itself from time to time, so that no other service is needed."""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connections

log = logging.getLogger(__name__)


def repeat(do: Callable, seconds: float, name: str):
    """Call `do` each so many seconds until the process ends, in a thread of the given name."""
    threading.Thread(target=keep_doing, args=(do, seconds, name), name=name, daemon=True).start()


def keep_doing(do: Callable, seconds: float, name: str):
    pause = threading.Event()
    while not pause.wait(seconds):
        try:
            do()
        except DatabaseError as error:
            # What could not be done now is done the next time.
            log.warning("%s could not be done: %s", name, error)
        finally:
            connections.close_all()
