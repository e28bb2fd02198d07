"""Scheduled changes made by themselves: a thread of each server process, so that no other service is needed."""

import logging
import threading

from django.db import DatabaseError, connections

from editorial.models import ScheduledChange

log = logging.getLogger(__name__)

# A change is made so many seconds after its moment at the latest.
PAUSE = 5


def start_schedule():
    """Show and hide what is due until the process ends."""
    threading.Thread(target=keep_schedule, name="editorial-schedule", daemon=True).start()


def keep_schedule():
    pause = threading.Event()
    while not pause.wait(PAUSE):
        try:
            ScheduledChange.objects.carry_out()
        except DatabaseError as error:
            # What could not be changed now is changed the next time.
            log.warning("Scheduled changes could not be made: %s", error)
        finally:
            connections.close_all()
