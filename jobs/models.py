"""How each recurring job went, and which process runs them."""

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

# A process that did not renew its lease for this long has ended; another one takes the work over.
LEASE = timedelta(seconds=15)
# A job that failed is tried again after this time, or sooner where it runs more often.
RETRY = timedelta(minutes=5)
# An error that persists is logged again after this time.
SAID_AGAIN = timedelta(hours=1)
# A job is late if it did not succeed for twice its interval and this.
GRACE = timedelta(minutes=1)


def cause(error: BaseException) -> str:
    """The kind of an error and the first line of its message; on the further lines, databases quote values."""
    first_line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"[:300]


class JobQuerySet(models.QuerySet):
    def registered(self):
        """The jobs that there are now; those of a former configuration may still have a row."""
        return self.filter(name__in=definitions)

    def prepared(self) -> list["Job"]:
        """All registered jobs, the most frequent first. Those that have no row yet get one."""
        jobs = {job.name: job for job in self.registered()}
        if missing := definitions.keys() - jobs.keys():
            self.bulk_create([Job(name=name) for name in missing], ignore_conflicts=True)
            jobs = {job.name: job for job in self.registered()}
        return sorted(jobs.values(), key=lambda job: (job.definition.every, job.name))

    def troubles(self) -> dict[str, dict]:
        """Name → state and last success of each job that is not in order, for monitors."""
        jobs = {job.name: job for job in self.registered()}
        found = {}
        for name in sorted(definitions):
            job = jobs.get(name) or Job(name=name)
            if job.state != Job.State.OK:
                succeeded_at = job.last_succeeded_at and job.last_succeeded_at.isoformat(timespec="seconds")
                found[name] = {"state": str(job.state), "last_success": succeeded_at}
        return found


class Job(models.Model):
    """How one recurring job went. What it does stands in the registry, under the same name."""

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

    def __str__(self):
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
        """When it is to run next."""
        now = timezone.now()
        # A start in the future comes from a clock that was wrong.
        if self.last_started_at is None or self.last_started_at > now:
            return now
        return self.last_started_at + (min(self.definition.every, RETRY) if self.failures else self.definition.every)

    @property
    def is_due(self) -> bool:
        return self.due_at <= timezone.now()

    def run(self) -> bool:
        """Do the work once and note the outcome; returns whether it succeeded.

        Errors of the work end here. Raises DatabaseError only where the outcome cannot be noted.
        """
        self.last_started_at = timezone.now()
        self.save(update_fields=["last_started_at"])
        try:
            self.definition.function()
        except Exception as error:
            if isinstance(error, DatabaseFault):
                # The connection may be what broke.
                close_old_connections()
            self.note_failure(error)
            return False
        self.note_success()
        return True

    def note_failure(self, error: Exception):
        """Store the error. Log it the first time, when it is of another kind, and each hour."""
        now, kind = timezone.now(), type(error).__name__
        is_known = self.failures and self.last_error.partition(":")[0] == kind
        self.failing_since = self.failing_since or now
        self.failures += 1
        self.last_error = cause(error)
        if not is_known or self.error_logged_at is None or now - self.error_logged_at >= SAID_AGAIN:
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

    def note_success(self):
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
        """The moment of the last success, for the log."""
        return self.last_succeeded_at.isoformat(timespec="seconds") if self.last_succeeded_at else "never"


class LeaseQuerySet(models.QuerySet):
    def take(self, owner: str) -> bool:
        """Take the lease, or renew it; returns False while another owner holds it.

        The database's clock counts, so the clocks of several hosts may differ.
        """
        # Read first: on SQLite, an UPDATE waits for the write lock even where it changes nothing.
        if self.filter(expires_at__gt=Now()).exclude(owner=owner).exists():
            return False
        free = self.filter(Q(owner=owner) | Q(expires_at__lte=Now()))
        new = {"owner": owner, "expires_at": Now() + LEASE}
        if free.update(**new):
            return True
        self.bulk_create([Lease(owner=owner, expires_at=Now())], ignore_conflicts=True)
        return bool(free.update(**new))

    def give_back(self, owner: str):
        """Let another process take the lease at once."""
        self.filter(owner=owner).update(expires_at=Now())


class Lease(models.Model):
    """Which process runs the jobs, and until when without renewing it. There is one.

    A process that was paused may finish its current job after it lost the lease; jobs must bear that.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    owner = models.CharField(max_length=150)
    expires_at = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_lease")]

    def __str__(self):
        return self.owner
