"""What staff did with the record."""

from datetime import timedelta
from getpass import getuser

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Staff are data subjects too: after this time an entry may go. The database lets none go that is younger than a year
# of the calendar, which may have a day more.
KEPT = timedelta(days=366)


class AccessEntryQuerySet(models.QuerySet):
    def note(self, user, action: str, what: str = ""):
        """Write down that `user` did `action` to `what`; no receipt number, which would outlive an erasure."""
        return self.add(user.get_username(), action, what)

    def note_operator(self, action: str, what: str = ""):
        """The same for whoever gave a command on the machine itself, by the name of their account there."""
        try:
            account = getuser()
        except (KeyError, OSError):  # An account without a name, as containers have.
            account = "?"
        return self.add(f"{account} (manage.py)"[:150], action, what)

    def add(self, staff: str, action: str, what: str):
        return self.create(staff=staff, action=action, what=what.replace("\0", "")[:300])

    def outdated(self):
        return self.filter(at__lt=timezone.now() - KEPT)


class AccessEntry(models.Model):
    """One look, export or act of staff: who, when, what. Only ever added, and kept for a year."""

    class Action(models.TextChoices):
        LIST = "list", _("viewed a list of records")
        VIEW = "view", _("viewed a record")
        CHECK = "check", _("checked the seals")
        EXPORT = "export", _("exported records")
        ERASE = "erase", _("erased records")
        PUBLISH = "publish", _("published the notice")

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    staff = models.CharField(_("who"), max_length=150)
    action = models.CharField(_("action"), max_length=10, choices=Action)
    what = models.CharField(_("details"), max_length=300, blank=True)

    objects = AccessEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("access by staff")
        verbose_name_plural = _("access by staff")
        ordering = ("-pk",)
        default_permissions = ("view",)

    def __str__(self):
        return f"{self.staff}: {self.get_action_display()}"
