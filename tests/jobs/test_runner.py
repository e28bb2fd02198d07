"""Recurring jobs in real processes: a killed process, a damaged key, a restarted database."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from jobs import models, runner
from tests.serving import PATIENCE, ROOT, Server

pytestmark = pytest.mark.once


def wait_for(condition: Callable, seconds: float = PATIENCE):
    """Return the first true value of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    return pytest.fail("the condition was not true in time")


def unhealthy_jobs(server: Server) -> dict:
    with urllib.request.urlopen(f"{server.url}/readyz") as response:
        return json.load(response)["jobs"]


def read(server: Server, query: str) -> str:
    """Return the first value of a query on the server's database, or an empty text if there is no row."""
    url = server.settings.get("DATABASE_URL")
    connection = psycopg.connect(url) if url else sqlite3.connect(server.data / "db.sqlite3")
    with closing(connection):
        row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""


def last_success(server: Server, name: str) -> str:
    return read(server, f"SELECT last_succeeded_at FROM jobs_job WHERE name = '{name}'")


@pytest.mark.nightly
def test_one_of_two_processes_runs_the_jobs_and_the_other_takes_over_after_it_hangs_or_is_killed(server, tmp_path):
    notes = tmp_path / "notes"
    notes.touch()

    def active_processes(seconds: float) -> set[int]:
        """Return the ids of the processes that ran the job within that time."""
        notes.write_text("")
        time.sleep(seconds)
        return set(map(int, notes.read_text().split()))

    command = [sys.executable, "-m", "tests.jobs.running", str(notes)]
    processes = [subprocess.Popen(command, cwd=ROOT, env=server.environment) for _ in range(2)]
    try:
        wait_for(lambda: len(notes.read_text().split()) > 3)
        # Longer than the lease of these processes.
        (owner,) = active_processes(3)
        (other,) = {process.pid for process in processes} - {owner}
        if "DATABASE_URL" in server.settings:
            # Not with SQLite: a process that is suspended while it writes would keep the lock.
            os.kill(owner, signal.SIGSTOP)
            wait_for(lambda: active_processes(0.5) == {other}, 10)
            os.kill(owner, signal.SIGCONT)
            # It may finish its current job.
            time.sleep(1)
            assert active_processes(2) == {other}
            owner, other = other, owner
        os.kill(owner, signal.SIGKILL)
        wait_for(lambda: active_processes(0.5) == {other}, 10)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run_script(server: Server, code: str) -> str:
    """Run `code` with the site's settings and an empty registry of jobs. Return its output."""
    start = "import django, jobs, time; django.setup(); from jobs import models, registry, runner\n"
    environment = server.environment | {"DJANGO_SETTINGS_MODULE": "unic_site.settings"}
    command = [sys.executable, "-c", f"{start}registry.definitions.clear()\n{code}"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


STOP = """
started = runner.start()
while not models.Lease.objects.exists():
    time.sleep(0.1)
started.stop()
while not models.Lease.objects.take("another"):
    assert time.monotonic() < started.lease_ends_at - 5
    time.sleep(0.1)
print("taken at once")
"""


@pytest.mark.nightly
def test_a_process_that_stops_normally_gives_its_lease_back_at_once(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    assert run_script(Server(tmp_path / "data", {}), STOP) == "taken at once\n"


@pytest.mark.nightly
def test_a_server_process_that_gets_sigterm_gives_its_lease_back_within_seconds(server):
    def owner() -> int:
        """Return the id of the process that holds the lease."""
        name = read(server, "SELECT owner FROM jobs_lease")
        return int(name.split(":")[1]) if name else 0

    # One worker, so that the process that holds the lease is the one that answered.
    server.serve(workers=1)
    first = wait_for(owner)
    os.kill(first, signal.SIGTERM)
    stopped_at = time.monotonic()
    wait_for(lambda: owner() != first)
    # A lease that is not given back lasts longer than this.
    assert time.monotonic() - stopped_at < models.LEASE.total_seconds() - runner.HEARTBEAT


LOST_CONNECTION = """
from datetime import timedelta
from django.db import connection

def lose_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

jobs.register("lost-connection", lose_connection, every=timedelta(hours=1), title="Loses its connection.")
(job,) = models.Job.objects.ensure_all()
job.run()
print(models.Job.objects.get(name="lost-connection").failures)
"""


@pytest.mark.nightly
def test_the_failure_of_a_job_that_lost_its_connection_is_stored(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    assert run_script(server, LOST_CONNECTION) == "1\n"


@pytest.mark.nightly
def test_a_damaged_key_stops_only_sealing_and_is_reported_until_it_is_repaired(server, tmp_path):
    key = server.data / "consent_seal_key"
    server.settings["CONSENT_SEAL_MINUTES"] = "0.01"
    key.write_bytes(b"damaged")
    log = tmp_path / "log"
    with log.open("w") as stderr:
        server.start(stderr=stderr)
    found = wait_for(lambda: {name: job for name, job in unhealthy_jobs(server).items() if job["state"] == "failing"})
    assert found == {"seal-consents": {"state": "failing", "last_success": None}}
    before = last_success(server, "scheduled-changes")
    wait_for(lambda: last_success(server, "scheduled-changes") > before)
    records = [line for line in log.read_text().splitlines() if "seal-consents failed" in line]
    assert len(records) == 1 and "last success: never" in records[0] and "Traceback" in records[0]
    key.unlink()
    wait_for(lambda: unhealthy_jobs(server) == {})
    assert "seal-consents has recovered" in log.read_text()


@pytest.mark.nightly
def test_the_jobs_continue_after_a_restart_of_postgresql(postgresql, tmp_path):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    log = tmp_path / "log"
    try:
        with log.open("w") as stderr:
            server.start(stderr=stderr)
        wait_for(lambda: unhealthy_jobs(server) == {})
        postgresql.stop()
        wait_for(lambda: "The recurring jobs are interrupted" in log.read_text())
        # Longer than one more attempt.
        time.sleep(6)
        postgresql.start()
        server.wait_until_ready()
        before = last_success(server, "scheduled-changes")
        wait_for(lambda: last_success(server, "scheduled-changes") > before)
        assert unhealthy_jobs(server) == {}
        # Each of the two processes logs it once for each class of error.
        assert log.read_text().count("The recurring jobs are interrupted") <= 4
        assert log.read_text().count("The recurring jobs continue") <= 2
    finally:
        server.stop()
