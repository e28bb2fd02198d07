"""The record: what one visitor answered at one moment."""

import re
import secrets
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.canonical import canonical, moment
from consent.merkle import leaf_hash
from consent.models.erasure import Erasure
from consent.models.version import NoticeVersion
from security.idempotency import idempotency_key

# Crockford's Base 32: no letter that a reader could take for a digit.
RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_LENGTH = 16
# A receipt number as it is on record.
RECEIPT = re.compile(rf"[{RECEIPT_ALPHABET}]{{4}}(?:-[{RECEIPT_ALPHABET}]{{4}}){{3}}")
MISREAD = str.maketrans("OIL", "011")
DOUBLE_POST_SECONDS = 10
# A record that was committed late may have a number smaller by so much than its time has; none has one smaller yet.
LATE = 10_000
# The mean month of the calendar.
MONTH = timedelta(days=365.2425 / 12)


def new_receipt() -> str:
    """A random receipt number of 80 bits, which says nothing of the person: 7K3F-9QRS-0TVW-XYZ1."""
    return grouped("".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(RECEIPT_LENGTH)))


def read_receipt(text: str) -> str:
    """A receipt number as a person typed it, in the form in which it is on record: "7k3f 9qrs Otvw xyzl"."""
    return grouped(re.sub(r"[\s\0-]", "", text).upper().translate(MISREAD))


def grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


class DecisionQuerySet(models.QuerySet):
    def latest_of(self, receipt: str):
        """The decision that holds for `receipt`, or None."""
        return self.filter(receipt=receipt).order_by("-pk").first() if receipt else None

    def withdraws(self, receipt: str, action: str, answers: dict[str, bool]) -> bool:
        """Whether a decision with these answers takes back a consent on record under `receipt`, and gives no other."""
        before = self.latest_of(receipt)
        granted = {key for key, is_granted in answers.items() if is_granted}
        return before is not None and granted < set(filter(None, before.granted.split(",")))

    def with_notice(self):
        """With the number of the notice alone: all its words in all languages would be read anew for each decision."""
        heavy = ("notice__wording", "notice__html", "notice__style")
        return self.select_related("notice").defer(*heavy)

    def holding(self):
        """The newest decision of each visitor who would not be asked now."""
        version = NoticeVersion.objects.current()
        followed = self.model.objects.filter(predecessor=OuterRef("digest"))
        since = version.asked_since if version else 0
        return self.filter(~Exists(followed), expires_at__gt=timezone.now(), notice__number__gte=since)

    def answered(self, key: str, is_granted: bool):
        """The decisions that gave the purpose with this key consent, or refused it."""
        if not is_granted:
            return self.filter(**{f"answers__{key}__granted": False})
        inside = Q(granted__startswith=f"{key},") | Q(granted__endswith=f",{key}") | Q(granted__contains=f",{key},")
        return self.filter(inside | Q(granted=key))

    def in_period(self, start: date | None, end: date | None):
        """The decisions from the first moment of `start` to the last of `end`, in the site's time; None is open.

        Numbers grow with time, so that bounds by number spare the database a walk over everything outside.
        """
        found = self
        if start:
            first = timezone.make_aware(datetime.combine(start, time.min))
            before = (
                self.model.objects.filter(decided_at__lt=first).order_by("-decided_at").values_list("pk", flat=True)
            )
            found = found.filter(decided_at__gte=first, pk__gt=(before.first() or 0) - LATE)
        if end:
            over = timezone.make_aware(datetime.combine(end + timedelta(days=1), time.min))
            after = self.model.objects.filter(decided_at__gte=over).order_by("decided_at").first()
            found = found.filter(decided_at__lt=over)
            if after:
                found = found.filter(pk__lt=after.pk + LATE)
        return found

    def outdated(self) -> dict:
        """Reason of erasure → the decisions that were kept for as long as it asks.

        A refusal is kept to show that it was heeded (Article 5(2) GDPR), a consent and its withdrawal to prove the
        consent (Article 7(1)).
        """
        now = timezone.now()
        of_consent = ~Q(granted="") | Q(action=Decision.Action.WITHDRAWN)
        return {
            Erasure.Reason.CONSENT_EXPIRED: self.filter(
                of_consent, decided_at__lt=now - settings.CONSENT_RETENTION_MONTHS * MONTH
            ),
            Erasure.Reason.REFUSAL_EXPIRED: self.filter(
                ~of_consent, decided_at__lt=now - settings.CONSENT_RETENTION_REFUSAL_MONTHS * MONTH
            ),
        }

    def record(
        self,
        *,
        notice: NoticeVersion,
        language: str,
        action: str,
        answers: dict[str, bool],
        path: str,
        gpc: bool,
        receipt: str = "",
        attempt: str = "",
    ):
        """Commit a decision and return it.

        `receipt` is the visitor's own from before, if any; an unknown one is replaced. `attempt` is a random name
        that a form gives each of its posts, so that one that is sent again gives the first one's record, and another
        answer by that name follows it. The same answer under the same receipt within DOUBLE_POST_SECONDS is one, too.
        Raises DatabaseError where nothing was written.
        """
        now = timezone.now()
        granted = sorted(key for key, is_granted in answers.items() if is_granted)
        attempt = idempotency_key(attempt)
        earlier = self.filter(attempt=attempt).first() if attempt else None
        before = self.latest_of(receipt)
        if earlier:
            # Its browser may never have heard of the receipt.
            attempt, before = "", before or self.latest_of(earlier.receipt)
        if before and before.says_the_same(notice, granted) and (before == earlier or before.is_fresh(now)):
            return before
        receipt = before.receipt if before else new_receipt()
        action = self.as_follows(before, action, granted, is_due=bool(before and before.is_due(notice, now)))
        decision = Decision(
            receipt=receipt,
            predecessor=before.digest if before else "",
            attempt=attempt,
            decided_at=now,
            expires_at=now + timedelta(seconds=settings.COOKIE_CONSENT_MAX_AGE),
            notice=notice,
            language=language,
            action=action,
            answers=notice.with_versions(answers),
            granted=",".join(granted),
            path=path[:300],
            gpc=gpc,
        )
        decision.digest = decision.leaf()
        try:
            with transaction.atomic():
                decision.save(force_insert=True)
        except IntegrityError:
            # The same post, or another of the same visitor, came first: this one follows it.
            if not (attempt and self.filter(attempt=attempt).exists()) and self.latest_of(receipt) == before:
                raise
            return self.record(
                notice=notice,
                language=language,
                action=action,
                answers=answers,
                path=path,
                gpc=gpc,
                receipt=receipt,
                attempt=attempt,
            )
        return decision

    @staticmethod
    def as_follows(before: "Decision | None", action: str, granted: list[str], is_due: bool) -> str:
        """What `action` comes to after the decision before: whichever button was pressed, to take back all that was
        granted is to withdraw, and where nothing was granted there is nothing to withdraw but only to refuse.
        """
        if before and before.granted_purposes == granted and is_due:
            return Decision.Action.RENEWED
        if not (before and before.granted) and action == Decision.Action.WITHDRAWN:
            return Decision.Action.REFUSED_ALL
        if before and before.granted and not granted and not is_due:
            return Decision.Action.WITHDRAWN
        return action


class DecisionAction(models.TextChoices):
    ACCEPTED_ALL = "accepted_all", _("accepted all")
    REFUSED_ALL = "refused_all", _("refused all")
    CHOSEN = "chosen", _("chosen")
    WITHDRAWN = "withdrawn", _("withdrawn")
    RENEWED = "renewed", _("renewed")


class Decision(models.Model):
    """What one visitor answered at one moment. Only ever added; the database refuses to change it, and to delete it
    unless an Erasure says why.

    It holds no IP address and nothing else that names a person; `receipt` is a random number that the visitor keeps.
    Decisions of one receipt form a chain by `predecessor`.
    """

    Action = DecisionAction

    receipt = models.CharField(_("receipt number"), max_length=19, db_index=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True, help_text=_("SHA-256 of the record as made."))
    predecessor = models.CharField(_("digest of the decision before"), max_length=64, blank=True)
    # The random name of the post that it came with.
    attempt = models.CharField(max_length=36, blank=True)
    decided_at = models.DateTimeField(_("decided"), db_index=True)
    expires_at = models.DateTimeField(_("valid until"))
    notice = models.ForeignKey(
        NoticeVersion, models.PROTECT, related_name="decisions", verbose_name=_("notice version")
    )
    language = models.CharField(_("language"), max_length=20)
    action = models.CharField(_("kind"), max_length=20, choices=Action)
    # Key of each optional purpose → {"granted": bool, "version": of that purpose's wording}.
    answers = models.JSONField(_("answers"))
    # Keys of the granted purposes, sorted, with commas between: for filters and figures.
    granted = models.CharField(_("granted"), max_length=1000, blank=True)
    path = models.CharField(_("page"), max_length=300)
    gpc = models.BooleanField(_("objection by browser"), help_text=_("Sec-GPC or DNT was on when the visitor decided."))

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = [("export_decision", _("Can export decisions")), ("erase_decision", _("Can erase decisions"))]
        indexes = [
            models.Index(fields=["action", "id"], name="decision_by_action"),
            models.Index(fields=["notice", "id"], name="decision_by_notice"),
            models.Index(fields=["language", "id"], name="decision_by_language"),
            models.Index(fields=["gpc", "id"], name="decision_by_gpc"),
            # SQLite never looks up a bound value in the partial indexes of the constraints below.
            models.Index(fields=["predecessor"], name="decision_by_predecessor"),
            models.Index(fields=["attempt"], name="decision_by_attempt"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["predecessor"], condition=~Q(predecessor=""), name="decision_followed_once"
            ),
            models.UniqueConstraint(fields=["attempt"], condition=~Q(attempt=""), name="decision_once_an_attempt"),
            models.CheckConstraint(
                condition=Q(action__in=DecisionAction.values),
                name="decision_action_is_known",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("decided_at")), name="decision_expires_later"),
        ]

    def __str__(self):
        return self.receipt

    @property
    def granted_purposes(self) -> list[str]:
        return self.granted.split(",") if self.granted else []

    @property
    def choices(self) -> dict[str, bool]:
        """Key of each optional purpose → whether consent was given."""
        return {key: answer["granted"] for key, answer in self.answers.items()}

    def content(self) -> dict:
        """The record as it is hashed: every field but its own digest."""
        return {
            "receipt": self.receipt,
            "predecessor": self.predecessor,
            "attempt": self.attempt,
            "decided_at": moment(self.decided_at),
            "expires_at": moment(self.expires_at),
            "notice": {"number": self.notice.number, "digest": self.notice.digest},
            "language": self.language,
            "action": self.action,
            "answers": self.answers,
            "granted": self.granted,
            "path": self.path,
            "objection_by_browser": self.gpc,
        }

    def leaf(self) -> str:
        """The hash of this record as a leaf of a seal's tree, in hex."""
        return leaf_hash(canonical(self.content())).hex()

    def says_the_same(self, notice: NoticeVersion, granted: list[str]) -> bool:
        return self.notice_id == notice.pk and self.granted_purposes == granted

    def is_fresh(self, now: datetime) -> bool:
        return now - self.decided_at < timedelta(seconds=DOUBLE_POST_SECONDS)

    def is_due(self, notice: NoticeVersion, now: datetime) -> bool:
        """Whether this decision no longer held when `notice` asked again."""
        return self.expires_at <= now or self.notice.number < notice.asked_since

    def answers_in_words(self) -> list[dict]:
        """Each purpose as it was shown, in the language in which it was, with its answer."""
        shown = self.notice.shown_in(self.language)
        return [
            purpose
            | {
                "language": purpose.get("languages", {}).get("name", shown),
                "is_granted": self.choices.get(purpose["key"], True),
            }
            for purpose in self.notice.wording[shown]["purposes"]
        ]

    def as_receipt(self, proof: dict | None) -> dict:
        """The receipt as data: what the visitor may download, show, and check without this site.

        `record` is what is hashed; `notice` gives the wording that was shown, and the digests of the rest of that
        version; `proof`, of LeafQuerySet.proof_for, leads from the record to a signed seal.
        """
        return {
            "format": "consent-receipt/1",
            "record": self.content(),
            "digest": self.digest,
            "notice": self.notice.as_evidence(self.language),
            "proof": proof,
        }
