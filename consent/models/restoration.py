"""Restorations: an older state of the database took the place of a newer one, on the record like any other event."""

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent.canonical import canonical, moment
from consent.merkle import leaf_hash


class RestorationQuerySet(models.QuerySet):
    def explaining(self, number: int, sealed_at) -> "Restoration | None":
        """The restoration by which the seal with this number, made at this time, was lost."""
        return self.filter(seal_number__lt=number, restored_at__gte=sealed_at).order_by("-pk").first()


class Restoration(models.Model):
    """That an older state of the database was brought back, and which seals were lost by it. Sealed itself.

    The next seal's number follows `known_number`, so that no number is given twice.
    """

    restored_at = models.DateTimeField(default=timezone.now)
    # None where somebody brought it back without the command `restore`.
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
        words = {
            "date": date_format(timezone.localtime(self.restored_at), "DATETIME_FORMAT"),
            "backup": date_format(timezone.localtime(self.backup_at), "DATETIME_FORMAT") if self.backup_at else "",
            "newest": self.seal_number,
            "last": self.known_number,
        }
        if self.known_number == self.seal_number:
            return _("The backup of %(backup)s was restored on %(date)s. No lost seal is known.") % words
        if self.backup_at:
            return (
                _(
                    "The backup of %(backup)s was restored on %(date)s. It ends with seal %(newest)s; what was sealed "
                    "after that, up to seal %(last)s, is lost."
                )
                % words
            )
        return (
            _(
                "An older database was restored and put on record on %(date)s. It ends with seal %(newest)s; what was "
                "sealed after that, up to seal %(last)s, is lost."
            )
            % words
        )

    def content(self) -> dict:
        """The restoration as it is hashed: every field but its own digest."""
        return {
            "restored_at": moment(self.restored_at),
            "backup_at": moment(self.backup_at) if self.backup_at else None,
            "seal_number": self.seal_number,
            "seal_digest": self.seal_digest,
            "known_number": self.known_number,
            "known_digest": self.known_digest,
        }

    def leaf(self) -> str:
        """The hash of this restoration as a leaf of a seal's tree, in hex."""
        return leaf_hash(canonical(self.content())).hex()
