"""Seals: signed roots of Merkle trees over the record, each chained to the seal before (RFC 9162)."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, Self, TypeAlias

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from consent import merkle
from consent.hashing import rfc3339
from consent.models.erasure import Erasure
from consent.models.policy import PolicyVersion
from consent.models.record import COMMIT_LAG, Decision
from consent.models.restoration import Restoration
from consent.models.version import NoticeVersion
from consent.signing import SealKey, SealKeyError, note_digest, signed_by
from consent.stored_seal import SealMismatchError, StoredSeal, read_newest_seal, store_newest_seal

# Maximum records of one seal, to limit the memory that sealing and proving need.
BATCH_SIZE = 4096
# Maximum difference between the clocks of two hosts.
CLOCK_TOLERANCE = timedelta(minutes=2)
NO_PREVIOUS_SEAL = "0" * 64
# Models whose records are sealed.
Sealed: TypeAlias = Decision | Erasure | Restoration | NoticeVersion | PolicyVersion


class LeafQuerySet(models.QuerySet["Leaf"]):
    def unsealed(self, model: type[Sealed]) -> models.QuerySet:
        """Return the records of `model` that no seal covers."""
        sealed = self.filter(kind=Leaf.KINDS[model], record=OuterRef("pk"))
        return model.objects.filter(~Exists(sealed))

    def waiting(self, model: type[Sealed]) -> models.QuerySet:
        """Return the unsealed records of `model`, oldest first, without a scan of all records."""
        newest = self.filter(kind=Leaf.KINDS[model]).aggregate(newest=Max("record"))["newest"] or 0
        return self.unsealed(model).filter(pk__gt=newest - COMMIT_LAG).order_by("pk")

    @transaction.atomic
    def erase(self, *, reason: str, staff: str = "", remark: str = "") -> int:
        """Erase the content of at most BATCH_SIZE of these decisions, and return their number.

        Their hashes are kept, together with a new Erasure.
        """
        leaves = list(self.filter(kind=Leaf.KINDS[Decision], erasure=None).order_by("position")[:BATCH_SIZE])
        if not leaves:
            return 0
        erasure = Erasure(staff=staff, reason=reason, remark=remark, count=len(leaves))
        erasure.hashes = sha256(b"".join(bytes.fromhex(leaf.digest) for leaf in leaves)).hexdigest()
        erasure.digest = erasure.leaf()
        erasure.save(force_insert=True)
        Leaf.objects.filter(pk__in=[leaf.pk for leaf in leaves]).update(erasure=erasure)
        Decision.objects.filter(pk__in=[leaf.record for leaf in leaves]).delete()
        return len(leaves)

    def erase_receipt(
        self, receipt: str, *, reason: str = Erasure.Reason.REQUEST, staff: str = "", remark: str = ""
    ) -> int:
        """Erase all decisions under a receipt number, and return their number.

        By default on request (Article 17 GDPR). Raises SealMismatchError and SealKeyError, because decisions are sealed
        before they are erased.
        """
        Seal.objects.seal_waiting()
        decisions = Decision.objects.under(receipt)
        leaves = self.filter(kind=Leaf.KINDS[Decision], record__in=decisions.values("pk"))
        count = 0
        while erased := leaves.erase(reason=reason, staff=staff, remark=remark):
            count += erased
        return count

    def erase_outdated(self) -> int:
        """Erase the decisions after their retention period, and return their number."""
        count = 0
        for reason, decisions in Decision.objects.outdated().items():
            sealed = self.filter(kind=Leaf.KINDS[Decision], record__in=decisions.values("pk"))
            while erased := sealed.erase(reason=reason):
                count += erased
        return count

    def seal_number_of(self, digest: str) -> int | None:
        """Return the number of the seal that covers the record with this digest, or None."""
        return self.filter(digest=digest).values_list("seal__number", flat=True).first()

    def inclusion_proof(self, digest: str) -> dict | None:
        """Return the inclusion proof of a record: "index", "size", "path" and "seal"; None before it is sealed."""
        leaf = self.select_related("seal").filter(digest=digest).first()
        if leaf is None:
            return None
        leaves = [
            bytes.fromhex(other) for other in leaf.seal.leaves.order_by("position").values_list("digest", flat=True)
        ]
        index = leaf.position - leaf.seal.first
        return {
            "index": index,
            "size": leaf.seal.size,
            "path": [step.hex() for step in merkle.inclusion_path(leaves, index)],
            "seal": leaf.seal.note,
        }


class SealQuerySet(models.QuerySet["Seal"]):
    def latest_seal(self) -> "Seal | None":
        return self.order_by("-number").first()

    def below(self, number: int | None) -> Self:
        """Return the seals with a smaller number, newest first. None returns all seals."""
        return self.order_by("-number") if number is None else self.filter(number__lt=number).order_by("-number")

    def newest_dated_by(self, moment: datetime) -> "Seal | None":
        """Return the newest seal that is not dated after `moment`. A clock that was ahead dates seals after it."""
        return self.filter(sealed_at__lte=moment).order_by("-number").first()

    def verifier(self) -> str:
        """Return the public key that verifies the seals. Raises SealKeyError."""
        return (SealKey.own() if self.exists() else SealKey.own_or_create()).verifier

    def seal_waiting(self, with_new_key: bool = False) -> int:
        """Seal all unsealed records, and return their number. If another process seals them first, stop.

        Raises SealMismatchError if the database is older than the newest seal of this installation. Raises
        SealKeyError if the key did not sign the newest seal. `with_new_key` accepts another key, or creates one.
        """
        known = read_newest_seal()
        if known and (fault := self.fault_against(known)):
            raise SealMismatchError(fault)
        count = 0
        while any(Leaf.objects.waiting(model).exists() for model in Leaf.KINDS):
            try:
                sealed = self._seal_batch(with_new_key and count == 0)
            except IntegrityError:
                break
            count += sealed
        return count

    def fault_against(self, stored: StoredSeal) -> str | None:
        """Return how the seals in the database contradict a seal stored elsewhere, or None.

        A seal that was lost by a recorded restoration is no contradiction.
        """
        if self.filter(number=stored.number, digest=stored.digest).exists():
            return None
        if Restoration.objects.explaining_loss_of(stored.number, stored.sealed_at):
            return None
        newest = self.latest_seal()
        if newest is None or newest.number < stored.number:
            return gettext(
                "Seal %(number)s is missing: the newest seal of the database is %(newest)s. An older database was "
                "restored, or the seals after it were removed. Bring the newer one back, or run manage.py "
                "seal_consents --after-restore to put the loss on record."
            ) % {"number": stored.number, "newest": newest.number if newest else 0}
        return gettext("Seal %(number)s differs from the seal that was kept: the past was rewritten.") % {
            "number": stored.number
        }

    @transaction.atomic
    def continue_after_restore(self, known: StoredSeal | None, backup_at: datetime | None = None) -> Restoration:
        """Record that an older database was restored. `known` is the newest seal that is stored elsewhere.

        The next seal covers the restoration. Its number follows the number of `known`.
        """
        newest = self.latest_seal()
        number, digest = (newest.number, newest.digest) if newest else (0, NO_PREVIOUS_SEAL)
        restoration = Restoration(
            backup_at=backup_at, seal_number=number, seal_digest=digest, known_number=number, known_digest=digest
        )
        if known and known.number > number:
            restoration.known_number, restoration.known_digest = known.number, known.digest
        restoration.digest = restoration.leaf()
        restoration.save(force_insert=True)
        return restoration

    @transaction.atomic
    def _seal_batch(self, with_new_key: bool) -> int:
        records: list[tuple[type[Sealed], int, str]] = []
        # Decisions come last, so that their number does not delay the others.
        for model in (Restoration, Erasure, NoticeVersion, PolicyVersion, Decision):
            waiting = Leaf.objects.waiting(model).values_list("pk", "digest")
            records += [(model, *row) for row in waiting[: BATCH_SIZE - len(records)]]
        if not records:
            return 0
        before = self.latest_seal()
        key = SealKey.own() if before and not with_new_key else SealKey.own_or_create()
        if before and not with_new_key and not signed_by(before.note, key.public):
            raise SealKeyError(
                _(
                    "Seal %(number)s was signed with a different key, so nothing is sealed. Restore the key "
                    "from the copy of the keys. If it was lost or replaced, run: manage.py seal_consents --new-key"
                )
                % {"number": before.number}
            )
        last = before.number if before else 0
        lost = Restoration.objects.filter(seal_number=last).aggregate(number=Max("known_number"))["number"]
        seal = Seal(
            number=(lost or last) + 1,
            previous=before.digest if before else NO_PREVIOUS_SEAL,
            first=before.first + before.size if before else 0,
            size=len(records),
            root=merkle.root(bytes.fromhex(digest) for _model, _pk, digest in records).hex(),
            sealed_at=timezone.now(),
        )
        seal.digest = note_digest(seal.text)
        seal.note = key.sign(seal.text)
        seal.save(force_insert=True)
        Leaf.objects.bulk_create(
            Leaf(position=seal.first + index, seal=seal, kind=Leaf.KINDS[model], record=pk, digest=digest)
            for index, (model, pk, digest) in enumerate(records)
        )
        transaction.on_commit(lambda: store_newest_seal(seal.note))
        return len(records)


class Seal(models.Model):
    """Signed statement that certain records existed at a certain time and in a certain order.

    `root` is the Merkle Tree Hash over the leaf hashes of its records, `previous` the digest of the seal before, and
    `first` the position of its first record among all sealed records. Hashes are SHA-256 in hex.
    """

    number = models.PositiveBigIntegerField(pgettext_lazy("running", "number"), unique=True)
    previous = models.CharField(_("digest of the seal before"), max_length=64, unique=True)
    first = models.PositiveBigIntegerField(_("position of the first record"))
    size = models.PositiveIntegerField(_("records"))
    root = models.CharField(_("root"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"), db_index=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    note = models.TextField(_("signed text"))

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("-number",)
        default_permissions = ("view",)

    def __str__(self):
        return str(self.number)

    @property
    def text(self) -> str:
        """The signed text, with one field per line."""
        return (
            "consent-seal/1\n"
            f"number {self.number}\n"
            f"previous {self.previous}\n"
            f"first {self.first}\n"
            f"size {self.size}\n"
            f"root {self.root}\n"
            f"sealed {rfc3339(self.sealed_at)}\n"
        )


class Leaf(models.Model):
    """Position and leaf hash of a sealed record. It remains when the content of the record is erased.

    For this reason it has no foreign key to the record.
    """

    KINDS: ClassVar[dict[type[Sealed], str]] = {
        Decision: "decision",
        Erasure: "erasure",
        Restoration: "restore",
        NoticeVersion: "notice",
        PolicyVersion: "policy",
    }

    position = models.PositiveBigIntegerField(primary_key=True)
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="leaves")
    kind = models.CharField(max_length=8)
    record = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    erasure = models.ForeignKey(Erasure, models.PROTECT, null=True, related_name="leaves")

    objects = LeafQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "record"], name="leaf_once_a_record")]

    def __str__(self):
        return f"{self.kind} {self.record}"
