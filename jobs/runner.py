"""The threads by which a server process does the recurring work, while it holds the lease."""

import logging
import os
import secrets
import socket
import threading
import time

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from jobs import models
from jobs.models import Job, Lease, cause

log = logging.getLogger(__name__)

# Seconds between two looks at the lease.
HEARTBEAT = 4.0
# Seconds for which a process that ends waits for its current job.
SECONDS_TO_STOP = 10
# Settings of PostgreSQL that limit requests, and not recurring work.
NO_LIMITS = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
# Seconds that recurring work waits for SQLite's write lock.
SQLITE_PATIENCE = 20


def own_name() -> str:
    """A name for this process that no other has, telling where it runs."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"


def start() -> "Runner":
    """Start the recurring work of this server process. It ends with the process, or by `stop` of what is returned."""
    runner = Runner(own_name()).start()
    # Not a daemon: Python waits for this thread when the process ends in order.
    threading.Thread(target=stop_with_main_thread, args=(runner,), name="jobs-stop").start()
    return runner


def stop_with_main_thread(runner: "Runner"):
    """Give the lease back when the process ends, so that another one need not wait until it expires."""
    threading.main_thread().join()
    runner.stop()
    runner.lease_thread.join(SECONDS_TO_STOP)


def use_own_connection():
    """Give the current thread a connection outside of the requests' pool, without their limits."""
    own = connection.copy()
    options = own.settings_dict["OPTIONS"]
    if own.vendor == "sqlite":
        options["timeout"] = SQLITE_PATIENCE
    elif options.pop("pool", None):
        options["options"] = f"{options.get('options', '')} {NO_LIMITS}"
    connections[DEFAULT_DB_ALIAS] = own


class Runner:
    """Keeps the lease in one thread; in another, does the work that is due, as long as this process has the lease."""

    def __init__(self, owner: str):
        self.owner = owner
        self.stopping = threading.Event()
        # By the clock of time.monotonic().
        self.holds_until = 0.0
        self.lease_thread = threading.Thread(target=self.keep_lease, name="jobs-lease", daemon=True)
        self.worker: threading.Thread | None = None
        self.is_away = False
        # Kind of error → when it was last logged, by the same clock.
        self.logged: dict[type, float] = {}

    def start(self) -> "Runner":
        self.lease_thread.start()
        return self

    def stop(self):
        """End the work after the current job and let another process take over at once."""
        self.stopping.set()

    @property
    def holds_lease(self) -> bool:
        return not self.stopping.is_set() and time.monotonic() < self.holds_until

    def keep_lease(self):
        use_own_connection()
        while not self.stopping.is_set():
            self.look_for_lease()
            self.stopping.wait(HEARTBEAT)
        if self.worker:
            self.worker.join()
        try:
            Lease.objects.give_back(self.owner)
        except Exception as error:
            # The lease runs out by itself.
            self.say(error)
        finally:
            connections.close_all()

    def look_for_lease(self):
        """Take or renew the lease, and see to it that its owner works."""
        asked_at = time.monotonic()
        try:
            if Lease.objects.take(self.owner):
                self.holds_until = asked_at + models.LEASE.total_seconds()
            else:
                self.holds_until = 0.0
        except Exception as error:
            self.is_away = True
            self.say(error)
        else:
            if self.is_away:
                log.warning("Recurring work goes on")
                self.logged.clear()
            self.is_away = False
        finally:
            connections.close_all()
        if self.holds_lease and not (self.worker and self.worker.is_alive()):
            self.worker = threading.Thread(target=self.work, name="jobs-worker", daemon=True)
            self.worker.start()

    def work(self):
        """Run what is due until the lease is lost. Ends on an error; the next heartbeat starts it anew."""
        use_own_connection()
        try:
            while self.holds_lease:
                pause = self.run_due()
                connections.close_all()
                self.stopping.wait(pause)
        except Exception as error:
            self.say(error)
        finally:
            connections.close_all()

    def run_due(self) -> float:
        """Run what is due; returns the seconds until something is due again."""
        jobs = Job.objects.prepared()
        for job in jobs:
            if job.is_due and self.holds_lease:
                job.run()
        pause = min((job.due_at for job in jobs), default=timezone.now()) - timezone.now()
        # Not longer than a heartbeat, so that the loss of the lease ends the thread.
        return min(max(pause.total_seconds(), 0.1), HEARTBEAT)

    def say(self, error: Exception):
        """Log what keeps all recurring work from going on, once for each kind of error and hour."""
        now = time.monotonic()
        last = self.logged.get(type(error))
        if last is None or now - last >= models.SAID_AGAIN.total_seconds():
            self.logged[type(error)] = now
            log.warning("Recurring work waits: %s", cause(error))
