"""Recurring jobs: when they run, what is stored and logged, and who may read it."""

import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import jobs
from health.views import readiness
from jobs.models import GRACE, LEASE, LOG_INTERVAL, RETRY, Job, Lease
from jobs.registry import definitions

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class Calls(list):
    def note(self):
        self.append(timezone.now())


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def readyz(client):
    def ask() -> dict:
        readiness.reset()
        return client.get("/readyz").json()

    return ask


def broken():
    raise ValueError("the key is damaged\nand this line may quote a value")


def run(capsys, *names) -> str:
    call_command("run_jobs", *names)
    return capsys.readouterr().out


@pytest.mark.usefixtures("without_pictures")
def test_every_job_of_the_site_succeeds_and_has_a_title(capsys):
    assert set(definitions) >= {
        "seal-consents",
        "erase-consents",
        "scheduled-changes",
        "schedule-reminders",
        "mail-feedback",
        "erase-feedback",
        "make-renditions",
        "clear-sessions",
        "delete-previews",
    }
    assert sorted(run(capsys).splitlines()) == [f"{name}: done" for name in sorted(definitions)]
    assert all(str(job) and str(job) != job.name for job in Job.objects.all())


def test_two_jobs_cannot_have_the_same_name(only):
    only(count=(len, HOUR))
    with pytest.raises(ValueError, match="count"):
        jobs.register("count", len, every=HOUR, title="Counts")


def test_a_job_runs_when_it_is_due_and_not_before(only, calls, capsys):
    only(count=(calls.note, HOUR))
    run(capsys)
    assert run(capsys) == "" and len(calls) == 1
    Job.objects.update(last_started_at=timezone.now() - HOUR)
    assert run(capsys) == "count: done\n" and len(calls) == 2


def test_a_start_in_the_future_does_not_stop_a_job(only, calls, capsys):
    only(count=(calls.note, HOUR))
    Job.objects.create(name="count", last_started_at=timezone.now() + 1000 * HOUR)
    run(capsys)
    assert len(calls) == 1


def test_a_named_job_runs_even_if_it_is_not_due(only, calls, capsys):
    only(count=(calls.note, HOUR), other=(broken, HOUR))
    run(capsys, "count")
    run(capsys, "count")
    assert len(calls) == 2


def test_an_unknown_name_is_refused_with_the_list_of_jobs(only):
    only(count=(len, HOUR))
    with pytest.raises(CommandError, match=r"Unknown job cuont\. Use one of: count"):
        call_command("run_jobs", "cuont")


def test_the_command_runs_nothing_while_another_process_holds_the_lease(only, calls, capsys):
    only(count=(calls.note, HOUR))
    assert Lease.objects.take("another")
    assert "another runs the jobs" in run(capsys) and not calls


def test_a_failed_job_runs_again_soon_and_does_not_stop_other_jobs(only, calls, capsys):
    only(broken=(broken, timedelta(seconds=1)), later=(broken, HOUR), count=(calls.note, 2 * HOUR))
    with pytest.raises(CommandError, match="broken: ValueError: the key is damaged"):
        call_command("run_jobs")
    assert len(calls) == 1
    job = Job.objects.get(name="later")
    assert (job.failures, job.last_error) == (1, "ValueError: the key is damaged")
    assert job.failing_since and job.last_succeeded_at is None
    assert job.due_at == job.last_started_at + RETRY
    job = Job.objects.get(name="broken")
    assert job.due_at == job.last_started_at + timedelta(seconds=1)


def test_an_error_is_logged_once_then_hourly_and_so_is_the_recovery(only, caplog):
    caplog.set_level(logging.WARNING, logger="jobs")
    errors = [ValueError("pid 1"), ValueError("pid 2"), OSError("full"), OSError("full"), OSError("full"), None]

    def work():
        if error := errors.pop(0):
            raise error

    only(work=(work, HOUR))
    job = Job.objects.create(name="work", last_succeeded_at=timezone.now() - HOUR)
    job.run()
    failing_since = job.failing_since
    for _ in range(3):
        job.run()
    assert job.failing_since == failing_since
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["pid 1", "full"]
    assert all(record.exc_info and job.last_success in record.message for record in caplog.records)
    Job.objects.update(error_logged_at=timezone.now() - LOG_INTERVAL)
    Job.objects.get().run()
    assert len(caplog.records) == 3
    Job.objects.get().run()
    assert "work has recovered (failures in a row: 5" in caplog.records[3].message
    job.refresh_from_db()
    assert (job.failures, job.last_error, job.failing_since, job.state) == (0, "", None, Job.State.OK)


def test_a_job_is_late_when_it_did_not_succeed_for_twice_its_interval(only):
    only(count=(len, HOUR))
    now = timezone.now()
    assert Job(name="count").state == Job.State.NEVER
    assert Job(name="count", last_succeeded_at=now - 2 * HOUR).state == Job.State.OK
    assert Job(name="count", last_succeeded_at=now - 2 * HOUR - GRACE).state == Job.State.LATE
    assert Job(name="count", last_succeeded_at=now, failures=1).state == Job.State.FAILING


def test_readyz_lists_unhealthy_jobs_and_stays_ready(only, readyz, capsys):
    only(count=(len, HOUR), broken=(broken, HOUR), late=(lambda: None, HOUR), fine=(lambda: None, HOUR))
    run(capsys, "late", "fine")
    Job.objects.filter(name="late").update(last_succeeded_at="2026-01-02T03:04:05Z")
    with pytest.raises(CommandError):
        call_command("run_jobs", "broken")
    state = readyz()
    assert state["ready"] is True
    assert state["jobs"] == {
        "broken": {"state": "failing", "last_success": None},
        "count": {"state": "never", "last_success": None},
        "late": {"state": "late", "last_success": "2026-01-02T03:04:05+00:00"},
    }


def test_readyz_queries_the_database_at_most_once_a_second(client, readyz, monkeypatch):
    readyz()
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert len(queries) == 0
    readiness.valid_until -= readiness.SECONDS
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert len(queries) > 0


def test_one_owner_holds_the_lease_until_it_expires_or_is_given_back():
    assert Lease.objects.take("a") and not Lease.objects.take("b") and Lease.objects.take("a")
    Lease.objects.update(expires_at=timezone.now() - LEASE)
    assert Lease.objects.take("b") and not Lease.objects.take("a")
    Lease.objects.give_back("a")
    assert not Lease.objects.take("a")
    Lease.objects.give_back("b")
    assert Lease.objects.take("a")


def test_a_process_without_the_lease_needs_one_query_to_learn_so():
    Lease.objects.take("a")
    with CaptureQueriesContext(connection) as queries:
        Lease.objects.take("b")
    assert len(queries) == 1


def test_the_number_of_queries_does_not_grow_with_rows_of_removed_jobs(only):
    only(count=(len, HOUR))
    Job.objects.ensure_all()
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert [job.name for job in Job.objects.ensure_all()] == ["count"]
            Job.objects.unhealthy()
        assert len(queries) == 2
        Job.objects.bulk_create(Job(name=f"removed-{number}-{n}") for n in range(50))


def test_privacy_officers_and_superusers_can_read_the_list_and_nobody_can_change_it(client, staff, only, capsys):
    only(broken=(broken, HOUR), fine=(lambda: None, HOUR))
    with pytest.raises(CommandError):
        call_command("run_jobs")
    Job.objects.create(name="removed-job")
    job = Job.objects.get(name="broken")
    for user in (staff(), staff("Privacy officers")):
        client.force_login(user)
        text = client.get("/admin/jobs/job/").content.decode()
        assert "Does broken" in text and "failing since " in text and "the key is damaged" in text
        assert "Does fine" in text and "on time" in text and "removed-job" not in text
        assert client.get(f"/admin/jobs/job/{job.pk}/change/").status_code == 200
        assert client.post(f"/admin/jobs/job/{job.pk}/change/", {"last_error": ""}).status_code == 403
        assert client.get("/admin/jobs/job/add/").status_code == 403
        assert client.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"}).status_code == 403
    for group in ("Editors", "Translators", "Publishers"):
        client.force_login(staff(group))
        assert client.get("/admin/jobs/job/").status_code == 403
