"""Log of staff access to the record, and of changes of what may load."""

from datetime import timedelta
from getpass import getuser
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Staff are data subjects too, so entries are deleted. The database refuses this within one calendar year, which can
# have 366 days.
RETENTION = timedelta(days=366)
MAX_DETAILS = 1000


class AccessEntryQuerySet(models.QuerySet["AccessEntry"]):
    def log(self, user: AbstractBaseUser, action: str, details: str = "") -> "AccessEntry":
        """Log an action of `user`. `details` must not contain a receipt number, because entries outlive erasures."""
        return self.add(user.get_username(), action, details)

    def log_operator(self, action: str, details: str = "") -> "AccessEntry":
        """Log an action of an operator who ran a management command, by the name of the system account."""
        try:
            account = getuser()
        except (KeyError, OSError):  # Accounts in containers often have no name.
            account = "?"
        return self.add(f"{account} (manage.py)"[:150], action, details)

    def add(self, staff: str, action: str, details: str) -> "AccessEntry":
        return self.create(staff=staff, action=action, details=details.replace("\0", "")[:MAX_DETAILS])

    def outdated(self) -> Self:
        return self.filter(at__lt=timezone.now() - RETENTION)


class AccessEntry(models.Model):
    """One access of a member of staff to the record. Append-only, deleted after RETENTION."""

    class Action(models.TextChoices):
        LIST = "list", _("viewed a list of records")
        VIEW = "view", _("viewed a record")
        NARROW = "narrow", _("switched third parties off")
        CHECK = "check", _("checked the seals")
        EXPORT = "export", _("exported records")
        ERASE = "erase", _("erased records")
        PUBLISH = "publish", _("published the notice")
        POLICY = "policy", _("put the privacy policy in force")

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    staff = models.CharField(_("who"), max_length=150)
    action = models.CharField(_("action"), max_length=10, choices=Action)
    details = models.CharField(_("details"), max_length=MAX_DETAILS, blank=True)

    objects = AccessEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("access by staff")
        verbose_name_plural = _("access by staff")
        ordering = ("-pk",)
        default_permissions = ("view",)

    def __str__(self):
        return f"{self.staff}: {self.get_action_display()}"
