"""Sealing by itself: a thread of each server process, so that no other service is needed."""

import logging
import threading

from django.conf import settings
from django.db import DatabaseError, connections

from consent.models import AccessEntry, Leaf, Seal

log = logging.getLogger(__name__)


def start_sealing():
    """Seal what waits, and erase what was kept long enough, each CONSENT_SEAL_MINUTES until the process ends."""
    if settings.CONSENT_SEAL_MINUTES:
        threading.Thread(target=keep_sealing, name="consent-sealing", daemon=True).start()


def keep_sealing():
    pause = threading.Event()
    while not pause.wait(60 * settings.CONSENT_SEAL_MINUTES):
        try:
            seal_and_erase()
        except DatabaseError as error:
            # What could not be sealed now is sealed the next time.
            log.warning("Consent records could not be sealed: %s", error)
        finally:
            connections.close_all()


def seal_and_erase() -> tuple[int, int]:
    """Returns how many records were sealed and how many erased."""
    sealed = Seal.objects.seal_waiting()
    AccessEntry.objects.outdated().delete()
    erased = Leaf.objects.erase_outdated()
    return sealed + Seal.objects.seal_waiting(), erased
