"""The record of consent: one Decision for each answer of a visitor."""

from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from consent.hashing import rfc3339
from consent.models.erasure import ErasureReason
from consent.models.policy import PolicyVersion
from consent.models.sealed import SealedRecord
from consent.models.version import NoticeVersion
from consent.receipt_number import new_receipt
from consent.wording import with_granted
from editorial.times import MONTH
from security.idempotency import valid_idempotency_key

DOUBLE_POST_SECONDS = 10
# Primary keys grow with `decided_at`, except that a late commit can have a key that is smaller by at most this number.
COMMIT_LAG = 10_000


class DecisionQuerySet(models.QuerySet["Decision"]):
    def latest_of(self, receipt: str) -> "Decision | None":
        """Return the newest decision under `receipt`, or None."""
        return self.filter(receipt=receipt).order_by("-pk").first() if receipt else None

    def chain(self, receipt: str) -> Self:
        """Return the decisions under `receipt`, newest first, with the wording of their notices."""
        notices = NoticeVersion.objects.defer("html", "style")
        chain = self.filter(receipt=receipt).select_related("policy").defer("policy__wording")
        return chain.order_by("-pk").prefetch_related(Prefetch("notice", notices))

    def withdraws(self, receipt: str, answers: dict[str, bool]) -> bool:
        """Whether these answers withdraw a recorded consent under `receipt` and grant nothing new."""
        before = self.latest_of(receipt)
        granted = {key for key, is_granted in answers.items() if is_granted}
        return before is not None and granted < set(before.granted_providers)

    def with_notice(self) -> Self:
        """Join the versions of notice and policy without their large columns, which all decisions would repeat."""
        large_columns = ("notice__wording", "notice__html", "notice__style", "policy__wording")
        return self.select_related("notice", "policy").defer(*large_columns)

    def under(self, receipt: str) -> Self:
        """Return the decisions under a receipt number. Without one, return none."""
        return self.filter(receipt=receipt) if receipt else self.none()

    def valid(self) -> Self:
        """Return the newest decision of each visitor who is not asked again now."""
        version = NoticeVersion.objects.current()
        followed = Decision.objects.filter(predecessor=OuterRef("digest"))
        since = version.asked_since if version else 0
        holding = self.of_visitors().filter(expires_at__gt=timezone.now(), notice__number__gte=since)
        return holding.filter(~Exists(followed))

    def of_visitors(self) -> Self:
        """Leave out what was shown once, which decides nothing about later pages."""
        return self.exclude(action=Decision.Action.SHOWN_ONCE)

    def answered(self, key: str, is_granted: bool) -> Self:
        """Return the decisions that granted the provider with this key, or that refused it."""
        if not is_granted:
            return self.filter(**{f"answers__{key}__granted": False})
        inside = Q(granted__startswith=f"{key},") | Q(granted__endswith=f",{key}") | Q(granted__contains=f",{key},")
        return self.filter(inside | Q(granted=key))

    def in_period(self, start: date | None, end: date | None) -> Self:
        """Return the decisions from the day `start` to the day `end`, both included, in the site's time zone.

        None leaves the period open. The additional bounds on the primary key let the database use its index.
        """
        decisions = self
        if start:
            first = timezone.make_aware(datetime.combine(start, time.min))
            before = Decision.objects.filter(decided_at__lt=first).order_by("-decided_at").values_list("pk", flat=True)
            decisions = decisions.filter(decided_at__gte=first, pk__gt=(before.first() or 0) - COMMIT_LAG)
        if end:
            after_end = timezone.make_aware(datetime.combine(end + timedelta(days=1), time.min))
            after = Decision.objects.filter(decided_at__gte=after_end).order_by("decided_at").first()
            decisions = decisions.filter(decided_at__lt=after_end)
            if after:
                decisions = decisions.filter(pk__lt=after.pk + COMMIT_LAG)
        return decisions

    def outdated(self) -> dict[ErasureReason, Self]:
        """Return the decisions after their retention period, by the reason of their erasure.

        A refusal is kept to demonstrate compliance (Article 5(2) GDPR), a consent and its withdrawal to demonstrate the
        consent (Article 7(1) GDPR).
        """
        now = timezone.now()
        of_consent = ~Q(granted="") | Q(action=Decision.Action.WITHDRAWN)
        return {
            ErasureReason.CONSENT_EXPIRED: self.filter(
                of_consent, decided_at__lt=now - settings.CONSENT_RETENTION_MONTHS * MONTH
            ),
            ErasureReason.REFUSAL_EXPIRED: self.filter(
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
        has_objection_signal: bool,
        receipt: str = "",
        idempotency_key: str = "",
    ) -> "Decision":
        """Commit a decision and return it.

        `receipt` is the receipt number that the browser sent; an unknown number is replaced. `idempotency_key` is a
        random value of the form: the same answer with the same key returns the first decision, and a different answer
        follows it in the chain. The same answer under the same receipt within DOUBLE_POST_SECONDS also counts once.

        Raises DatabaseError if nothing was written.
        """
        now = timezone.now()
        granted = sorted(key for key, is_granted in answers.items() if is_granted)
        idempotency_key = valid_idempotency_key(idempotency_key)
        earlier = self.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
        before = self.latest_of(receipt)
        if earlier:
            # The browser may never have received the receipt number.
            idempotency_key, before = "", before or self.latest_of(earlier.receipt)
        if before and before.has_same_answers(notice, granted) and (before == earlier or before.is_recent(now)):
            return before
        receipt = before.receipt if before else new_receipt()
        action = self.effective_action(before, action, granted, is_due=bool(before and before.is_due(notice, now)))
        decision = Decision(
            receipt=receipt,
            predecessor=before.digest if before else "",
            idempotency_key=idempotency_key,
            decided_at=now,
            expires_at=now + timedelta(seconds=settings.COOKIE_CONSENT_MAX_AGE),
            notice=notice,
            policy=PolicyVersion.objects.defer("wording").current(),
            language=language,
            action=action,
            answers=notice.answers_with_versions(answers),
            granted=",".join(granted),
            path=path[:300],
            has_objection_signal=has_objection_signal,
        )
        decision.digest = decision.leaf()
        try:
            with transaction.atomic():
                decision.save(force_insert=True)
        except IntegrityError:
            # A concurrent request of the same visitor was faster. This decision follows that one.
            if (
                not (idempotency_key and self.filter(idempotency_key=idempotency_key).exists())
                and self.latest_of(receipt) == before
            ):
                raise
            return self.record(
                notice=notice,
                language=language,
                action=action,
                answers=answers,
                path=path,
                has_objection_signal=has_objection_signal,
                receipt=receipt,
                idempotency_key=idempotency_key,
            )
        return decision

    def record_shown_once(
        self, *, notice: NoticeVersion, language: str, embed: str, provider: str, path: str, has_objection_signal: bool
    ) -> "Decision":
        """Commit that the embed with the key `embed` was shown once on request, and return the record.

        It has no receipt number, belongs to no chain, and holds for no other page. Raises DatabaseError if nothing was
        written.
        """
        now = timezone.now()
        answers = notice.answers_with_versions({provider: True})
        answers[provider]["embed"] = embed
        decision = Decision(
            receipt="",
            decided_at=now,
            expires_at=now,
            notice=notice,
            language=language,
            action=Decision.Action.SHOWN_ONCE,
            answers=answers,
            granted=provider,
            path=path[:300],
            has_objection_signal=has_objection_signal,
            policy=PolicyVersion.objects.defer("wording").current(),
            # Random, so that nobody can guess an erased record from its hash.
            idempotency_key=str(uuid4()),
        )
        decision.digest = decision.leaf()
        with transaction.atomic():
            decision.save(force_insert=True)
        return decision

    @staticmethod
    def effective_action(before: "Decision | None", action: str, granted: list[str], is_due: bool) -> str:
        """Return the action to record, which depends on the decision before.

        Any button that revokes everything that was granted is a withdrawal. Without a granted provider, a withdrawal
        is a refusal. The same answer to a notice that asked again is a renewal.
        """
        if before and before.granted_providers == granted and is_due:
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
    SHOWN_ONCE = "shown_once", _("shown once")


class Decision(SealedRecord):
    """The answer of one visitor to a notice. Append-only: the database only allows a deletion with an Erasure.

    It has no personal data such as an IP address. `receipt` is a random number that the visitor keeps. The decisions
    under one receipt number form a chain through `predecessor`, the digest of the decision before. An embed that was
    shown once has a record without a receipt number and outside of all chains.
    """

    Action = DecisionAction

    receipt = models.CharField(_("receipt number"), max_length=19, db_index=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True, help_text=_("SHA-256 of the record as made."))
    predecessor = models.CharField(_("digest of the decision before"), max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=36, blank=True)
    decided_at = models.DateTimeField(_("decided"), db_index=True)
    expires_at = models.DateTimeField(_("valid until"))
    notice = models.ForeignKey(
        NoticeVersion, models.PROTECT, related_name="decisions", verbose_name=_("notice version")
    )
    policy = models.ForeignKey(
        PolicyVersion,
        models.PROTECT,
        null=True,
        related_name="decisions",
        verbose_name=_("version of the privacy policy"),
    )
    language = models.CharField(_("language"), max_length=20)
    action = models.CharField(_("kind"), max_length=20, choices=Action)
    # Key of each provider → {"granted": bool, "purpose": key, "version": version of the purpose's wording}. If an embed
    # was shown once, only its provider, with the key of the embed as "embed".
    answers = models.JSONField(_("answers"))
    # Sorted keys of the granted providers, comma-separated, for filters and statistics.
    granted = models.TextField(_("granted"), blank=True)
    path = models.CharField(_("page"), max_length=300)
    has_objection_signal = models.BooleanField(
        _("objection by browser"), help_text=_("Sec-GPC or DNT was on when the visitor decided.")
    )

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
            models.Index(fields=["has_objection_signal", "id"], name="decision_by_objection"),
            # SQLite does not use the partial indexes of the constraints below for parameters.
            models.Index(fields=["predecessor"], name="decision_by_predecessor"),
            models.Index(fields=["idempotency_key"], name="decision_by_idempotency_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["predecessor"], condition=~Q(predecessor=""), name="decision_followed_once"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=~Q(idempotency_key=""), name="decision_once_per_idempotency_key"
            ),
            models.CheckConstraint(
                condition=Q(action__in=DecisionAction.values),
                name="decision_action_is_known",
            ),
            models.CheckConstraint(
                condition=Q(action=DecisionAction.SHOWN_ONCE, expires_at=models.F("decided_at"))
                | ~Q(action=DecisionAction.SHOWN_ONCE) & Q(expires_at__gt=models.F("decided_at")),
                name="decision_expires_later",
            ),
            models.CheckConstraint(
                condition=Q(action=DecisionAction.SHOWN_ONCE, receipt="", predecessor="")
                | ~Q(action=DecisionAction.SHOWN_ONCE) & ~Q(receipt=""),
                name="decision_has_receipt_unless_shown_once",
            ),
        ]

    def __str__(self):
        return self.receipt or str(self.get_action_display())

    @property
    def granted_providers(self) -> list[str]:
        return self.granted.split(",") if self.granted else []

    @property
    def answers_by_provider(self) -> dict[str, bool]:
        """Whether consent was given, by the key of each provider."""
        return {key: answer["granted"] for key, answer in self.answers.items()}

    @property
    def embed(self) -> str:
        """Key of the embed that was shown once, or ""."""
        return next((answer["embed"] for answer in self.answers.values() if "embed" in answer), "")

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`."""
        return {
            "receipt": self.receipt,
            "predecessor": self.predecessor,
            "idempotency_key": self.idempotency_key,
            "decided_at": rfc3339(self.decided_at),
            "expires_at": rfc3339(self.expires_at),
            "notice": {"number": self.notice.number, "digest": self.notice.digest},
            "policy": {"number": self.policy.number, "digest": self.policy.digest} if self.policy else None,
            "language": self.language,
            "action": self.action,
            "answers": self.answers,
            "granted": self.granted,
            "path": self.path,
            "objection_signal": self.has_objection_signal,
        }

    def has_same_answers(self, notice: NoticeVersion, granted: list[str]) -> bool:
        return self.notice_id == notice.pk and self.granted_providers == granted

    def is_recent(self, now: datetime) -> bool:
        # A negative age is of a clock that was ahead.
        return timedelta() <= now - self.decided_at < timedelta(seconds=DOUBLE_POST_SECONDS)

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    def is_due(self, notice: NoticeVersion, now: datetime) -> bool:
        """Whether this decision was no longer valid when `notice` was shown."""
        return self.expires_at <= now or self.notice.number < notice.asked_since

    @property
    def is_decline(self) -> bool:
        """Whether a provider is not granted, or none was named."""
        return not self.answers or not all(self.answers_by_provider.values())

    @cached_property
    def storage(self) -> tuple[list[dict], list[dict]]:
        """Declared cookies and other storage: of providers that are not granted, and of all that is kept.

        The notices of all decisions before count as well, because one may have named a provider that was removed since.
        """
        before = Decision.objects.under(self.receipt).filter(pk__lt=self.pk)
        earlier = NoticeVersion.objects.filter(pk__in=before.values("notice")).exclude(pk=self.notice_id)
        declined: list[dict] = []
        kept: list[dict] = []
        for notice in [self.notice, *earlier.defer("html", "style")]:
            for purpose in notice.purposes:
                kept += purpose["cookies"]
                for provider in purpose["providers"]:
                    (kept if provider["key"] in self.granted_providers else declined).extend(provider["cookies"])
        return declined, kept

    @property
    def language_shown(self) -> str:
        return self.notice.language_shown(self.language)

    def texts(self) -> dict:
        """Return the wording that was shown, for a part of a page in `language_shown`, with the answers."""
        with translation.override(self.language_shown):
            texts = self.notice.texts_in(self.language)
        return texts | {"purposes": with_granted(texts["purposes"], self.granted_providers)}

    def purposes_with_answers(self) -> list[dict]:
        """Return the purposes as they were shown, each with its language and the answer to each of its providers.

        A record of an embed that was shown once answers one provider only; the other ones are left out.
        """
        answered = [
            purpose
            | {
                "language": purpose.get("languages", {}).get("name", self.language_shown),
                "has_providers": bool(purpose["providers"]),
                "providers": [provider for provider in purpose["providers"] if provider["key"] in self.answers],
            }
            for purpose in self.texts()["purposes"]
        ]
        return [purpose for purpose in answered if purpose["providers"] or not purpose["has_providers"]]

    def granted_names(self) -> list[str]:
        """Return the names of the granted providers, as they were shown."""
        providers = [provider for purpose in self.texts()["purposes"] for provider in purpose["providers"]]
        return [provider["name"] for provider in providers if provider["is_granted"]]

    def as_receipt(self, proof: dict | None) -> dict:
        """Return the receipt, which can be downloaded and verified without this site.

        `record` is the hashed content. `notice` has the wording that was shown and the digests of the other parts of
        its version. `proof` is the result of LeafQuerySet.inclusion_proof.
        """
        return {
            "format": "consent-receipt/1",
            "record": self.content(),
            "digest": self.digest,
            "notice": self.notice.as_evidence(self.language),
            "proof": proof,
        }
