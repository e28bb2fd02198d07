"""Erasures: the content of records is deleted on request or after its retention period; their hashes are kept."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.hashing import rfc3339
from consent.models.sealed import SealedRecord


class ErasureReason(models.TextChoices):
    CONSENT_EXPIRED = "consent_expired", _("proof of consent no longer needed")
    REFUSAL_EXPIRED = "refusal_expired", _("record of a refusal no longer needed")
    REQUEST = "request", _("requested by the data subject")
    AUDIT = "audit", _("decision of the cookie audit, not of a visitor")


class Erasure(SealedRecord):
    """Record of an erasure: who erased which records, when and why. It is sealed like a decision.

    `hashes` is the SHA-256, in hex, of the concatenated leaf hashes of the erased records, in the order of positions.
    """

    Reason = ErasureReason

    erased_at = models.DateTimeField(_("erased"), default=timezone.now, db_index=True)
    # Empty for automatic erasures.
    staff = models.CharField(_("by whom"), max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    count = models.PositiveIntegerField(_("records"))
    hashes = models.CharField(_("digest of their hashes"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=ErasureReason.values),
                name="erasure_reason_is_known",
            )
        ]

    def __str__(self):
        return f"{rfc3339(self.erased_at)} ({self.count})"

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`."""
        return {
            "erased_at": rfc3339(self.erased_at),
            "staff": self.staff,
            "reason": self.reason,
            "remark": self.remark,
            "count": self.count,
            "hashes": self.hashes,
        }
