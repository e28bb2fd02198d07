"""Restorations of an older database, which are recorded and sealed like decisions."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent.hashing import rfc3339
from consent.models.sealed import SealedRecord


class RestorationQuerySet(models.QuerySet["Restoration"]):
    def explaining_loss_of(self, number: int, sealed_at: datetime) -> "Restoration | None":
        """Return the restoration that lost the seal with this number and time, or None."""
        return self.filter(seal_number__lt=number, restored_at__gte=sealed_at).order_by("-pk").first()


class Restoration(SealedRecord):
    """Record of the restoration of an older database, and of the seals that were lost.

    `seal_number` is the newest seal of the restored database, `known_number` the newest seal before the restoration.
    The number of the next seal follows `known_number`, so that no number is used twice.
    """

    restored_at = models.DateTimeField(default=timezone.now)
    # None if the database was restored without the command `restore`.
    backup_at = models.DateTimeField(null=True)
    seal_number = models.PositiveBigIntegerField()
    seal_digest = models.CharField(max_length=64)
    known_number = models.PositiveBigIntegerField()
    known_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = RestorationQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(known_number__gte=models.F("seal_number")), name="restoration_loses_what_came_later"
            )
        ]

    def __str__(self):
        parameters = {
            "date": date_format(timezone.localtime(self.restored_at), "DATETIME_FORMAT"),
            "backup": date_format(timezone.localtime(self.backup_at), "DATETIME_FORMAT") if self.backup_at else "",
            "newest": self.seal_number,
            "last": self.known_number,
        }
        if self.known_number == self.seal_number:
            return _("The backup of %(backup)s was restored on %(date)s. No lost seal is known.") % parameters
        if self.backup_at:
            return (
                _(
                    "The backup of %(backup)s was restored on %(date)s. It ends with seal %(newest)s; what was sealed "
                    "after that, up to seal %(last)s, is lost."
                )
                % parameters
            )
        return (
            _(
                "An older database was restored and put on record on %(date)s. It ends with seal %(newest)s; what was "
                "sealed after that, up to seal %(last)s, is lost."
            )
            % parameters
        )

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`."""
        return {
            "restored_at": rfc3339(self.restored_at),
            "backup_at": rfc3339(self.backup_at) if self.backup_at else None,
            "seal_number": self.seal_number,
            "seal_digest": self.seal_digest,
            "known_number": self.known_number,
            "known_digest": self.known_digest,
        }
