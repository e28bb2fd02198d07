"""Outcome of each recurring job, and the lease of the process that runs them."""

import logging
from datetime import datetime, timedelta

from django.db import close_old_connections, models
from django.db.models import Q
from django.db.models.functions import Now
from django.db.utils import Error as DatabaseFault
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.registry import Definition, definitions

log = logging.getLogger(__name__)

# A lease that was not renewed for this time has expired, and another process may take it.
LEASE = timedelta(seconds=15)
# A job that failed runs again after this time, or after its interval if that is shorter.
RETRY = timedelta(minutes=5)
# An error that persists is logged again after this time.
LOG_INTERVAL = timedelta(hours=1)
# A job is late if it did not succeed for twice its interval plus this time.
GRACE = timedelta(minutes=1)


def error_summary(error: BaseException) -> str:
    """Return the class of an error and the first line of its message. In further lines, databases quote values."""
    first_line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"[:300]


class JobQuerySet(models.QuerySet["Job"]):
    def registered(self) -> dict[str, "Job"]:
        """Return the jobs in the registry by name. A row may also be left of a job that was removed from it."""
        return {job.name: job for job in self.filter(name__in=definitions)}

    def ensure_all(self) -> list["Job"]:
        """Return all registered jobs, the most frequent first. Add the rows that are missing."""
        jobs = self.registered()
        if missing := definitions.keys() - jobs.keys():
            Job.objects.bulk_create([Job(name=name) for name in missing], ignore_conflicts=True)
            jobs = self.registered()
        return sorted(jobs.values(), key=lambda job: (job.definition.every, job.name))

    def faulty(self) -> list["Job"]:
        """Return the jobs that are failing, late or were never run, by name. A job without a row is not stored."""
        stored = self.registered()
        jobs = [stored.get(name) or Job(name=name) for name in sorted(definitions)]
        return [job for job in jobs if job.state != Job.State.OK]

    def unhealthy(self) -> dict[str, dict[str, str | None]]:
        """Return the state and last success (ISO 8601) of each job that is failing, late or was never run, by name."""
        found = {}
        for job in self.faulty():
            succeeded_at = job.last_succeeded_at
            last_success = succeeded_at.isoformat(timespec="seconds") if succeeded_at else None
            found[job.name] = {"state": str(job.state), "last_success": last_success}
        return found


class Job(models.Model):
    """Outcome of the last runs of one recurring job. The registry defines the job under the same name."""

    class State(models.TextChoices):
        OK = "ok", _("on time")
        NEVER = "never", _("not run yet")
        LATE = "late", _("late")
        FAILING = "failing", _("failing")

    name = models.CharField(_("name"), max_length=100, unique=True)
    last_started_at = models.DateTimeField(_("last start"), null=True, blank=True)
    last_succeeded_at = models.DateTimeField(_("last success"), null=True, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    error_logged_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("recurring job")
        verbose_name_plural = _("recurring jobs")
        ordering = ("name",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.definition.title) if self.name in definitions else self.name

    @property
    def definition(self) -> Definition:
        return definitions[self.name]

    @property
    def state(self) -> State:
        if self.failures:
            return self.State.FAILING
        if self.last_succeeded_at is None:
            return self.State.NEVER
        is_late = timezone.now() - self.last_succeeded_at > 2 * self.definition.every + GRACE
        return self.State.LATE if is_late else self.State.OK

    @property
    def due_at(self) -> datetime:
        """The time of the next run."""
        now = timezone.now()
        # A start in the future means that the clock was wrong.
        if self.last_started_at is None or self.last_started_at > now:
            return now
        return self.last_started_at + (min(self.definition.every, RETRY) if self.failures else self.definition.every)

    @property
    def is_due(self) -> bool:
        return self.due_at <= timezone.now()

    def run(self) -> bool:
        """Call the function once and store the outcome. Return whether it succeeded.

        Errors of the function are caught. Raises DatabaseError only if the outcome cannot be stored.
        """
        self.last_started_at = timezone.now()
        self.save(update_fields=["last_started_at"])
        try:
            self.definition.function()
        except Exception as error:
            if isinstance(error, DatabaseFault):
                # The connection may be broken.
                close_old_connections()
            self.record_failure(error)
            return False
        self.record_success()
        return True

    def record_failure(self, error: Exception) -> None:
        """Store the error. Log it if it is the first, of another class than the last, or an hour after the last log."""
        now, error_class = timezone.now(), type(error).__name__
        is_known = self.failures and self.last_error.partition(":")[0] == error_class
        self.failing_since = self.failing_since or now
        self.failures += 1
        self.last_error = error_summary(error)
        if not is_known or self.error_logged_at is None or now - self.error_logged_at >= LOG_INTERVAL:
            self.error_logged_at = now
            log.error(
                "The job %s failed (failures in a row: %s, last success: %s): %s",
                self.name,
                self.failures,
                self.last_success,
                self.last_error,
                exc_info=error,
            )
        self.save(update_fields=["failing_since", "failures", "last_error", "error_logged_at"])

    def record_success(self) -> None:
        if self.failures:
            log.warning(
                "The job %s has recovered (failures in a row: %s, last success: %s)",
                self.name,
                self.failures,
                self.last_success,
            )
        self.last_succeeded_at = timezone.now()
        self.failing_since, self.failures, self.last_error, self.error_logged_at = None, 0, "", None
        self.save(update_fields=["last_succeeded_at", "failing_since", "failures", "last_error", "error_logged_at"])

    @property
    def last_success(self) -> str:
        """The time of the last success (ISO 8601), for the log."""
        return self.last_succeeded_at.isoformat(timespec="seconds") if self.last_succeeded_at else "never"


class LeaseQuerySet(models.QuerySet["Lease"]):
    def take(self, owner: str) -> bool:
        """Take or renew the lease. Return False while another owner holds it.

        Times are those of the database's clock, because the clocks of several hosts may differ.
        """
        # Read first: on SQLite, an UPDATE waits for the write lock even if it changes no row.
        if self.filter(expires_at__gt=Now()).exclude(owner=owner).exists():
            return False
        free = self.filter(Q(owner=owner) | Q(expires_at__lte=Now()))
        new = {"owner": owner, "expires_at": Now() + LEASE}
        if free.update(**new):
            return True
        Lease.objects.bulk_create([Lease(owner=owner, expires_at=Now())], ignore_conflicts=True)
        return bool(free.update(**new))

    def give_back(self, owner: str) -> None:
        """End the lease, so that another process can take it at once."""
        self.filter(owner=owner).update(expires_at=Now())


class Lease(models.Model):
    """The process that runs the jobs, and the time at which its lease expires. The table has one row.

    A process that was suspended may finish its current job after it lost the lease, so jobs must allow for that.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    owner = models.CharField(max_length=150)
    expires_at = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_lease")]

    def __str__(self) -> str:
        return self.owner
