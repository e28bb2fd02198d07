"""Threads of a server process that run the recurring jobs while the process holds the lease."""

import logging
import os
import secrets
import socket
import threading
import time

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from jobs import models
from jobs.models import Job, Lease, error_summary

log = logging.getLogger(__name__)

# Seconds between two attempts to take or renew the lease.
HEARTBEAT = 4.0
# Seconds that an ending process waits for its current job.
STOP_TIMEOUT = 10
# Settings of PostgreSQL that lift the time limits of requests.
WITHOUT_TIMEOUTS = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
# Seconds that a job waits for SQLite's write lock.
SQLITE_TIMEOUT = 20


def process_name() -> str:
    """Return a unique name for this process: host, process id and a random part."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"


def start() -> "Runner":
    """Start running jobs in this server process, until the process ends or `stop` of the returned runner is called."""
    runner = Runner(process_name()).start()
    # Not a daemon, so that Python waits for this thread when the process ends normally.
    threading.Thread(target=stop_with_main_thread, args=(runner,), name="jobs-stop").start()
    return runner


def stop_with_main_thread(runner: "Runner") -> None:
    """Give the lease back when the process ends, so that another process can take it before it expires."""
    threading.main_thread().join()
    runner.stop()
    runner.lease_thread.join(STOP_TIMEOUT)


def use_own_connection() -> None:
    """Give the current thread a database connection outside of the pool for requests and without its time limits."""
    own = connection.copy()
    options = own.settings_dict["OPTIONS"]
    if own.vendor == "sqlite":
        options["timeout"] = SQLITE_TIMEOUT
    elif options.pop("pool", None):
        options["options"] = f"{options.get('options', '')} {WITHOUT_TIMEOUTS}"
    connections[DEFAULT_DB_ALIAS] = own


class Runner:
    """One thread that renews the lease, and one that runs the jobs that are due while the lease is held."""

    def __init__(self, owner: str):
        self.owner = owner
        self.stopping = threading.Event()
        # Seconds of time.monotonic().
        self.lease_ends_at = 0.0
        self.lease_thread = threading.Thread(target=self.run_lease_thread, name="jobs-lease", daemon=True)
        self.worker: threading.Thread | None = None
        self.has_failed = False
        # Class of error → time of its last log record, in the same seconds.
        self.logged: dict[type[Exception], float] = {}

    def start(self) -> "Runner":
        self.lease_thread.start()
        return self

    def stop(self) -> None:
        """Stop after the current job and give the lease back."""
        self.stopping.set()

    @property
    def holds_lease(self) -> bool:
        return not self.stopping.is_set() and time.monotonic() < self.lease_ends_at

    def run_lease_thread(self) -> None:
        use_own_connection()
        while not self.stopping.is_set():
            self.take_lease()
            self.stopping.wait(HEARTBEAT)
        if self.worker:
            self.worker.join()
        try:
            Lease.objects.give_back(self.owner)
        except Exception as error:
            # The lease expires without it.
            self.log_error(error)
        finally:
            connections.close_all()

    def take_lease(self) -> None:
        """Take or renew the lease. Start the worker thread if this process holds it."""
        started_at = time.monotonic()
        try:
            if Lease.objects.take(self.owner):
                self.lease_ends_at = started_at + models.LEASE.total_seconds()
            else:
                self.lease_ends_at = 0.0
        except Exception as error:
            self.has_failed = True
            self.log_error(error)
        else:
            if self.has_failed:
                log.warning("The recurring jobs continue")
                self.logged.clear()
            self.has_failed = False
        finally:
            connections.close_all()
        if self.holds_lease and not (self.worker and self.worker.is_alive()):
            self.worker = threading.Thread(target=self.run_worker_thread, name="jobs-worker", daemon=True)
            self.worker.start()

    def run_worker_thread(self) -> None:
        """Run the jobs that are due until the lease is lost. After an error, the next heartbeat starts a new thread."""
        use_own_connection()
        try:
            while self.holds_lease:
                pause = self.run_due()
                connections.close_all()
                self.stopping.wait(pause)
        except Exception as error:
            self.log_error(error)
        finally:
            connections.close_all()

    def run_due(self) -> float:
        """Run the jobs that are due. Return the seconds until the next one is due."""
        jobs = Job.objects.ensure_all()
        for job in jobs:
            if job.is_due and self.holds_lease:
                job.run()
        pause = min((job.due_at for job in jobs), default=timezone.now()) - timezone.now()
        # At most a heartbeat, so that the thread notices the loss of the lease.
        return min(max(pause.total_seconds(), 0.1), HEARTBEAT)

    def log_error(self, error: Exception) -> None:
        """Log an error that stops all jobs, once an hour for each class of error."""
        now = time.monotonic()
        last = self.logged.get(type(error))
        if last is None or now - last >= models.LOG_INTERVAL.total_seconds():
            self.logged[type(error)] = now
            log.warning("The recurring jobs are interrupted: %s", error_summary(error))
