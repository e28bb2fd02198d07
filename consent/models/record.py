"""The record: what one visitor answered at one moment."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models.notice import NoticeVersion

# Crockford's Base 32: no letter that a reader could take for a digit.
RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_LENGTH = 16
DOUBLE_POST_SECONDS = 10


def new_receipt() -> str:
    """A random receipt number of 80 bits, which says nothing of the person: 7K3F-9QRS-0TVW-XYZ1."""
    letters = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(RECEIPT_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, RECEIPT_LENGTH, 4))


class DecisionQuerySet(models.QuerySet):
    def latest_of(self, receipt: str):
        """The decision that holds for `receipt`, or None."""
        return self.filter(receipt=receipt).order_by("-pk").first() if receipt else None

    def record(self, *, notice, language: str, action: str, answers: dict[str, bool], path: str, gpc: bool, receipt=""):
        """Commit a decision and return it.

        A second post of the same answer within DOUBLE_POST_SECONDS gives the first one's record. `receipt` is the
        visitor's own from before, if any; an unknown one is replaced. Raises DatabaseError where nothing was written.
        """
        now = timezone.now()
        before = self.latest_of(receipt)
        if before and before.says_the_same(notice, action, answers) and before.is_fresh(now):
            return before
        try:
            with transaction.atomic():
                return self.create(
                    receipt=before.receipt if before else new_receipt(),
                    predecessor=before,
                    decided_at=now,
                    expires_at=now + timedelta(seconds=settings.COOKIE_CONSENT_MAX_AGE),
                    notice=notice,
                    language=language,
                    action=action,
                    answers=answers,
                    path=path[:300],
                    gpc=gpc,
                )
        except IntegrityError:
            # Another post of the same visitor came first; this one follows it.
            if before is None or self.latest_of(receipt) == before:
                raise
            return self.record(
                notice=notice,
                language=language,
                action=action,
                answers=answers,
                path=path,
                gpc=gpc,
                receipt=receipt,
            )


class Decision(models.Model):
    """What one visitor answered at one moment. Only ever added: the database refuses to change or delete it.

    It holds no IP address and nothing else that names a person; `receipt` is a random number that the visitor keeps.
    Decisions of one receipt form a chain by `predecessor`.
    """

    class Action(models.TextChoices):
        ACCEPTED_ALL = "accepted_all", _("accepted all")
        REFUSED_ALL = "refused_all", _("refused all")
        CHOSEN = "chosen", _("chosen")
        WITHDRAWN = "withdrawn", _("withdrawn")

    receipt = models.CharField(_("receipt number"), max_length=19, db_index=True)
    predecessor = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="successor", verbose_name=_("decision before")
    )
    decided_at = models.DateTimeField(_("decided"), db_index=True)
    expires_at = models.DateTimeField(_("asked again from"))
    notice = models.ForeignKey(
        NoticeVersion, models.PROTECT, related_name="decisions", verbose_name=_("notice version")
    )
    language = models.CharField(_("language"), max_length=20)
    action = models.CharField(_("how"), max_length=20, choices=Action)
    # Key of each optional purpose of the notice → whether consent was given.
    answers = models.JSONField(_("answers"))
    path = models.CharField(_("where"), max_length=300)
    gpc = models.BooleanField(_("objection by browser"), help_text=_("Sec-GPC or DNT was on when the visitor decided."))

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["accepted_all", "refused_all", "chosen", "withdrawn"]),
                name="decision_action_is_known",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("decided_at")), name="decision_expires_later"),
        ]

    def __str__(self):
        return self.receipt

    def says_the_same(self, notice: NoticeVersion, action: str, answers: dict[str, bool]) -> bool:
        return (self.notice_id, self.action, self.answers) == (notice.pk, action, answers)

    def is_fresh(self, now: datetime) -> bool:
        return now - self.decided_at < timedelta(seconds=DOUBLE_POST_SECONDS)

    def answers_in_words(self) -> list[dict]:
        """Each purpose as it was shown, in the language in which it was, with its answer."""
        purposes = self.notice.wording_in(self.language)["purposes"]
        return [purpose | {"is_granted": self.answers.get(purpose["key"], True)} for purpose in purposes]

    def as_receipt(self) -> dict:
        """The receipt as data: what the visitor may download and show."""
        return {
            "receipt": self.receipt,
            "decided_at": self.decided_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "action": self.action,
            "answers": self.answers,
            "objection_by_browser": self.gpc,
            "language": self.language,
            "path": self.path,
            "notice": {
                "number": self.notice.number,
                "digest": self.notice.digest,
                "published_at": self.notice.published_at.isoformat(),
                "wording": self.notice.wording_in(self.language),
            },
        }
