"""Seals: the record hashed into Merkle trees, each chained to the one before and signed, as transparency logs do."""

from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from consent import merkle
from consent.canonical import moment
from consent.models.erasure import Erasure
from consent.models.record import LATE, Decision
from consent.models.restoration import Restoration
from consent.signing import SealKey, SealKeyError, note_digest, signed_by
from consent.stored_seal import KeptSeal, SealOrderError, newest_known, remember

# No seal is larger, so that sealing and proving need little memory whatever has piled up.
BATCH = 4096
# Clocks of two hosts may differ by so much.
SLACK = timedelta(minutes=2)
NO_SEAL_BEFORE = "0" * 64


class LeafQuerySet(models.QuerySet):
    def unsealed(self, model: type[models.Model]):
        """The records of `model`, one of KINDS, that no seal covers."""
        sealed = self.filter(kind=Leaf.KINDS[model], record=OuterRef("pk"))
        return model.objects.filter(~Exists(sealed))

    def waiting(self, model: type[models.Model]):
        """Those of them that the next seal takes, oldest first, found without a look at the whole past."""
        newest = self.filter(kind=Leaf.KINDS[model]).aggregate(newest=Max("record"))["newest"] or 0
        return self.unsealed(model).filter(pk__gt=newest - LATE).order_by("pk")

    @transaction.atomic
    def erase(self, *, reason: str, staff: str = "", remark: str = "") -> int:
        """Erase the content of these decisions, at most BATCH of them, and return how many it was.

        Their hashes stay, with an Erasure that says who did it and why.
        """
        leaves = list(self.filter(kind=Leaf.KINDS[Decision], erasure=None).order_by("position")[:BATCH])
        if not leaves:
            return 0
        erasure = Erasure(staff=staff, reason=reason, remark=remark, count=len(leaves))
        erasure.hashes = sha256(b"".join(bytes.fromhex(leaf.digest) for leaf in leaves)).hexdigest()
        erasure.digest = erasure.leaf()
        erasure.save(force_insert=True)
        Leaf.objects.filter(pk__in=[leaf.pk for leaf in leaves]).update(erasure=erasure)
        Decision.objects.filter(pk__in=[leaf.record for leaf in leaves]).delete()
        return len(leaves)

    def erase_receipt(self, receipt: str, *, staff: str, remark: str) -> int:
        """Erase all that is on record under a receipt number, on request, and return how many records it was."""
        Seal.objects.seal_waiting()
        decisions = Decision.objects.filter(receipt=receipt)
        leaves = self.filter(kind=Leaf.KINDS[Decision], record__in=decisions.values("pk"))
        count = 0
        while erased := leaves.erase(reason=Erasure.Reason.REQUEST, staff=staff, remark=remark):
            count += erased
        return count

    def erase_outdated(self) -> int:
        """Erase what was kept for as long as its reason asks, and return how many records it was."""
        count = 0
        for reason, decisions in Decision.objects.outdated().items():
            sealed = self.filter(kind=Leaf.KINDS[Decision], record__in=decisions.values("pk"))
            while erased := sealed.erase(reason=reason):
                count += erased
        return count

    def seal_number_of(self, digest: str) -> int | None:
        """The number of the seal that covers the record with this digest, once there is one."""
        return self.filter(digest=digest).values_list("seal__number", flat=True).first()

    def proof_for(self, digest: str) -> dict | None:
        """What leads from a record's digest to a signed seal: "index", "size", "path", "seal"; None before sealing."""
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


class SealQuerySet(models.QuerySet):
    def latest_seal(self):
        return self.order_by("-number").first()

    def below(self, number: int | None):
        """The seals before that number, or all, newest first."""
        return self.order_by("-number") if number is None else self.filter(number__lt=number).order_by("-number")

    def verifier(self) -> str:
        """The public key for people to check seals with. Raises SealKeyError."""
        return (SealKey.own() if self.exists() else SealKey.own_or_new()).verifier

    def seal_waiting(self, with_new_key: bool = False) -> int:
        """Seal all records that wait, and return how many. A process that another one forestalls seals nothing.

        Raises SealOrderError where the database is older than the newest seal that this installation made, and
        SealKeyError where the key is not that of the newest seal; `with_new_key` takes it, or makes one.
        """
        known = newest_known()
        if known and (fault := self.fault_of(known)):
            raise SealOrderError(fault)
        count = 0
        while any(Leaf.objects.waiting(model).exists() for model in Leaf.KINDS):
            try:
                sealed = self._seal_batch(with_new_key and count == 0)
            except IntegrityError:
                break
            count += sealed
        return count

    def fault_of(self, kept: KeptSeal) -> str | None:
        """The fault of the database's seals in view of one that was kept elsewhere, or None.

        A seal that a recorded restoration lost is no fault.
        """
        if self.filter(number=kept.number, digest=kept.digest).exists():
            return None
        if Restoration.objects.explaining(kept.number, kept.sealed_at):
            return None
        newest = self.latest_seal()
        if newest is None or newest.number < kept.number:
            return gettext(
                "Seal %(number)s is missing: the newest seal of the database is %(newest)s. An older database was "
                "restored, or the seals after it were removed. Bring the newer one back, or run manage.py "
                "seal_consents --after-restore to put the loss on record."
            ) % {"number": kept.number, "newest": newest.number if newest else 0}
        return gettext("Seal %(number)s differs from the seal that was kept: the past was rewritten.") % {
            "number": kept.number
        }

    @transaction.atomic
    def continue_after_restore(self, known: KeptSeal | None, backup_at: datetime | None = None) -> Restoration:
        """Put on record that an older database was restored. `known` is the newest seal known from elsewhere.

        The next seal covers this record, and its number follows that of `known`.
        """
        newest = self.latest_seal()
        number, digest = (newest.number, newest.digest) if newest else (0, NO_SEAL_BEFORE)
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
        records = []
        # Decisions are the many; the others never wait behind them.
        for model in (Restoration, Erasure, Decision):
            waiting = Leaf.objects.waiting(model).values_list("pk", "digest")
            records += [(model, *row) for row in waiting[: BATCH - len(records)]]
        if not records:
            return 0
        before = self.latest_seal()
        key = SealKey.own() if before and not with_new_key else SealKey.own_or_new()
        if before and not with_new_key and not signed_by(before.note, key.public):
            raise SealKeyError(
                _(
                    "Seal %(number)s was signed with a different key, so nothing is sealed. Restore the key "
                    "from a backup. If it was lost or replaced, run: manage.py seal_consents --new-key"
                )
                % {"number": before.number}
            )
        last = before.number if before else 0
        lost = Restoration.objects.filter(seal_number=last).aggregate(number=Max("known_number"))["number"]
        seal = Seal(
            number=(lost or last) + 1,
            previous=before.digest if before else NO_SEAL_BEFORE,
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
        transaction.on_commit(lambda: remember(seal.note))
        return len(records)


class Seal(models.Model):
    """A signed promise that certain records existed at a certain time, in a certain order, after certain others.

    `root` is the Merkle Tree Hash of the records' leaf hashes, `previous` the digest of the seal before, `first` the
    position of its first record among all that were ever sealed; hashes are SHA-256 in hex.
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
        """What is signed, one fact a line."""
        return (
            "consent-seal/1\n"
            f"number {self.number}\n"
            f"previous {self.previous}\n"
            f"first {self.first}\n"
            f"size {self.size}\n"
            f"root {self.root}\n"
            f"sealed {moment(self.sealed_at)}\n"
        )


class Leaf(models.Model):
    """The place of one record in the order of all that were sealed. It outlives the record's content.

    There is no foreign key to the record, so that its content can be erased while its hash still counts.
    """

    KINDS = {Decision: "decision", Erasure: "erasure", Restoration: "restore"}

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
