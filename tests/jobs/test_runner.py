"""Recurring work in real processes: killed ones, a damaged key, a database that is restarted."""

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
    """The first true value of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    return pytest.fail("it did not come to pass in time")


def troubles(server: Server) -> dict:
    with urllib.request.urlopen(f"{server.url}/readyz") as answer:
        return json.load(answer)["jobs"]


def read(server: Server, query: str) -> str:
    """The first value that a query of the server's database finds; empty where it finds none."""
    url = server.settings.get("DATABASE_URL")
    connection = psycopg.connect(url) if url else sqlite3.connect(server.data / "db.sqlite3")
    with closing(connection):
        row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""


def last_success(server: Server, name: str) -> str:
    return read(server, f"SELECT last_succeeded_at FROM jobs_job WHERE name = '{name}'")


def test_of_two_processes_one_runs_the_jobs_and_the_other_takes_over_when_it_hangs_or_is_killed(server, tmp_path):
    notes = tmp_path / "notes"
    notes.touch()

    def at_work(seconds: float) -> set[int]:
        """The processes that ran the job within that time."""
        notes.write_text("")
        time.sleep(seconds)
        return set(map(int, notes.read_text().split()))

    command = [sys.executable, "-m", "tests.jobs.running", str(notes)]
    processes = [subprocess.Popen(command, cwd=ROOT, env=server.environment) for _number in range(2)]
    try:
        wait_for(lambda: len(notes.read_text().split()) > 3)
        # Longer than a lease lasts there.
        (owner,) = at_work(3)
        (other,) = {process.pid for process in processes} - {owner}
        if "DATABASE_URL" in server.settings:
            # With SQLite, a process that hangs while it writes holds the lock of all.
            os.kill(owner, signal.SIGSTOP)
            wait_for(lambda: at_work(0.5) == {other}, 10)
            os.kill(owner, signal.SIGCONT)
            # It may finish what it was at.
            time.sleep(1)
            assert at_work(2) == {other}
            owner, other = other, owner
        os.kill(owner, signal.SIGKILL)
        wait_for(lambda: at_work(0.5) == {other}, 10)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run_script(server: Server, code: str) -> str:
    """What a program prints that has the site's settings, and no job but its own."""
    start = "import django, jobs, time; django.setup(); from jobs import models, registry, runner\n"
    environment = server.environment | {"DJANGO_SETTINGS_MODULE": "unic_site.settings"}
    command = [sys.executable, "-c", f"{start}registry.definitions.clear()\n{code}"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


STOPPED = """
started = runner.start()
while not models.Lease.objects.exists():
    time.sleep(0.1)
started.stop()
while not models.Lease.objects.take("another"):
    assert time.monotonic() < started.holds_until - 5
    time.sleep(0.1)
print("taken at once")
"""


def test_a_process_that_is_stopped_in_order_leaves_the_work_to_another_at_once(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    assert run_script(Server(tmp_path / "data", {}), STOPPED) == "taken at once\n"


def test_a_worker_of_the_server_that_is_stopped_by_sigterm_leaves_the_work_to_another_within_seconds(server):
    def owner() -> int:
        """The process that took the lease last."""
        name = read(server, "SELECT owner FROM jobs_lease")
        return int(name.split(":")[1]) if name else 0

    server.start()
    first = wait_for(owner)
    os.kill(first, signal.SIGTERM)
    stopped_at = time.monotonic()
    wait_for(lambda: owner() != first)
    # A lease that is not given back lasts at least so long.
    assert time.monotonic() - stopped_at < models.LEASE.total_seconds() - runner.HEARTBEAT


CUT_OFF = """
from datetime import timedelta
from django.db import connection

def be_cut_off():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

jobs.register("cut-off", be_cut_off, every=timedelta(hours=1), title="Loses its connection.")
(job,) = models.Job.objects.prepared()
job.run()
print(models.Job.objects.get(name="cut-off").failures)
"""


def test_a_job_that_loses_its_connection_is_noted_by_a_new_one(postgresql):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    assert run_script(server, CUT_OFF) == "1\n"


def test_a_damaged_key_ends_nothing_but_sealing_and_is_told_until_it_is_repaired(server, tmp_path):
    key = server.data / "consent_seal_key"
    server.settings["CONSENT_SEAL_MINUTES"] = "0.01"
    key.write_bytes(b"damaged")
    log = tmp_path / "log"
    with log.open("w") as stderr:
        server.start(stderr=stderr)
    found = wait_for(lambda: {name: job for name, job in troubles(server).items() if job["state"] == "failing"})
    assert found == {"seal-consents": {"state": "failing", "last_success": None}}
    before = last_success(server, "scheduled-changes")
    wait_for(lambda: last_success(server, "scheduled-changes") > before)
    told = [line for line in log.read_text().splitlines() if "seal-consents failed" in line]
    assert len(told) == 1 and "last success: never" in told[0] and "Traceback" in told[0]
    key.unlink()
    wait_for(lambda: troubles(server) == {})
    assert "seal-consents has recovered" in log.read_text()


def test_after_postgresql_is_restarted_the_jobs_go_on(postgresql, tmp_path):
    server = Server(postgresql.pgdata.parent / "data", {"DATABASE_URL": postgresql.get_uri()})
    log = tmp_path / "log"
    try:
        with log.open("w") as stderr:
            server.start(stderr=stderr)
        wait_for(lambda: troubles(server) == {})
        postgresql.stop()
        wait_for(lambda: "Recurring work waits" in log.read_text())
        # Through a second attempt.
        time.sleep(6)
        postgresql.start()
        server.wait_until_ready()
        back_at = last_success(server, "scheduled-changes")
        wait_for(lambda: last_success(server, "scheduled-changes") > back_at)
        assert troubles(server) == {}
        # Each of the two workers says it once for each kind of error, whatever the number of attempts.
        assert log.read_text().count("Recurring work waits") <= 4
        assert log.read_text().count("Recurring work goes on") <= 2
    finally:
        server.stop()
