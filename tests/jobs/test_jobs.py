"""The list of recurring jobs: what runs, what is noted and logged of it, and who may read it."""

import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import jobs
from health.views import readiness
from jobs.models import GRACE, LEASE, RETRY, SAID_AGAIN, Job, Lease
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


def test_every_job_of_the_site_succeeds_and_says_what_it_does(capsys):
    assert set(definitions) >= {
        "seal-consents",
        "erase-consents",
        "scheduled-changes",
        "mail-feedback",
        "erase-feedback",
        "make-renditions",
        "clear-sessions",
    }
    assert sorted(run(capsys).splitlines()) == [f"{name}: done" for name in sorted(definitions)]
    assert all(str(job) and str(job) != job.name for job in Job.objects.all())


def test_two_jobs_cannot_have_one_name(only):
    only(count=(len, HOUR))
    with pytest.raises(ValueError, match="count"):
        jobs.register("count", len, every=HOUR, title="Counts")


def test_a_job_runs_when_it_is_due_and_not_before(only, calls, capsys):
    only(count=(calls.note, HOUR))
    run(capsys)
    assert run(capsys) == "" and len(calls) == 1
    Job.objects.update(last_started_at=timezone.now() - HOUR)
    assert run(capsys) == "count: done\n" and len(calls) == 2


def test_a_clock_that_was_wrong_stops_no_job(only, calls, capsys):
    only(count=(calls.note, HOUR))
    Job.objects.create(name="count", last_started_at=timezone.now() + 1000 * HOUR)
    run(capsys)
    assert len(calls) == 1


def test_a_job_that_is_named_runs_in_any_case(only, calls, capsys):
    only(count=(calls.note, HOUR), other=(broken, HOUR))
    run(capsys, "count")
    run(capsys, "count")
    assert len(calls) == 2


def test_a_name_that_no_job_has_is_refused_with_those_that_there_are(only):
    only(count=(len, HOUR))
    with pytest.raises(CommandError, match=r"no job cuont\. There are: count"):
        call_command("run_jobs", "cuont")


def test_what_another_process_does_is_left_to_it(only, calls, capsys):
    only(count=(calls.note, HOUR))
    assert Lease.objects.take("another")
    assert "another runs the jobs" in run(capsys) and not calls


def test_a_job_that_fails_stops_no_other_and_is_tried_again_soon(only, calls, capsys):
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


def test_an_error_is_logged_once_with_its_cause_then_each_hour_and_its_end_too(only, caplog):
    caplog.set_level(logging.WARNING, logger="jobs")
    errors = [ValueError("pid 1"), ValueError("pid 2"), OSError("full"), OSError("full"), OSError("full"), None]

    def work():
        if error := errors.pop(0):
            raise error

    only(work=(work, HOUR))
    job = Job.objects.create(name="work", last_succeeded_at=timezone.now() - HOUR)
    job.run()
    failing_since = job.failing_since
    for _time in range(3):
        job.run()
    assert job.failing_since == failing_since
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["pid 1", "full"]
    assert all(record.exc_info and job.last_success in record.message for record in caplog.records)
    Job.objects.update(error_logged_at=timezone.now() - SAID_AGAIN)
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


def test_readyz_names_the_jobs_that_are_not_in_order_and_stays_ready(only, readyz, capsys):
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


def test_readyz_asks_the_database_once_a_second_at_most(client, readyz, monkeypatch):
    readyz()
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert len(queries) == 0
    readiness.valid_until -= readiness.SECONDS
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert len(queries) > 0


def test_one_owner_holds_the_lease_until_it_runs_out_or_is_given_back():
    assert Lease.objects.take("a") and not Lease.objects.take("b") and Lease.objects.take("a")
    Lease.objects.update(expires_at=timezone.now() - LEASE)
    assert Lease.objects.take("b") and not Lease.objects.take("a")
    Lease.objects.give_back("a")
    assert not Lease.objects.take("a")
    Lease.objects.give_back("b")
    assert Lease.objects.take("a")


def test_a_process_without_the_lease_asks_one_query_for_it():
    Lease.objects.take("a")
    with CaptureQueriesContext(connection) as queries:
        Lease.objects.take("b")
    assert len(queries) == 1


def test_what_is_asked_before_the_jobs_does_not_grow_with_former_jobs(only):
    only(count=(len, HOUR))
    Job.objects.prepared()
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert [job.name for job in Job.objects.prepared()] == ["count"]
            Job.objects.troubles()
        assert len(queries) == 2
        Job.objects.bulk_create(Job(name=f"former-{number}-{n}") for n in range(50))


def test_privacy_officers_and_superusers_read_the_list_and_nobody_changes_it(client, staff, only, capsys):
    only(broken=(broken, HOUR), fine=(lambda: None, HOUR))
    with pytest.raises(CommandError):
        call_command("run_jobs")
    Job.objects.create(name="of-a-former-release")
    job = Job.objects.get(name="broken")
    for user in (staff(), staff("Privacy officers")):
        client.force_login(user)
        text = client.get("/admin/jobs/job/").content.decode()
        assert "Does broken" in text and "failing since " in text and "the key is damaged" in text
        assert "Does fine" in text and "on time" in text and "of-a-former-release" not in text
        assert client.get(f"/admin/jobs/job/{job.pk}/change/").status_code == 200
        assert client.post(f"/admin/jobs/job/{job.pk}/change/", {"last_error": ""}).status_code == 403
        assert client.get("/admin/jobs/job/add/").status_code == 403
        assert client.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"}).status_code == 403
    for group in ("Editors", "Translators", "Publishers"):
        client.force_login(staff(group))
        assert client.get("/admin/jobs/job/").status_code == 403
