"""Checking that nobody touched the record: every record against its seal, every seal against the one before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, islice
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

import triggers
from consent import merkle
from consent.models import Decision, Erasure, Leaf, NoticeVersion, Restoration, Seal
from consent.models.seal import BATCH, NO_SEAL_BEFORE, SLACK
from consent.signing import SealKey, SealKeyError, note_digest, signed_by
from consent.stored_seal import KeptSeal, SealOrderError, newest_known
from consent.triggers import PURPOSE

# Stands for a record whose columns hold what no program wrote there: a date that is none.
UNREADABLE = object()
# So many faults say enough; the rest would be a list of everything after the first.
ENOUGH = 100


class SealedRecord(NamedTuple):
    """A Leaf, cheaper to make a million of, and its record: None where there is none."""

    seal_id: int
    position: int
    kind: str
    record: int
    digest: str
    erasure_id: int | None
    content: Decision | Erasure | Restoration | None


@dataclass
class Report:
    """The findings of a verification: numbers of what was checked, and the faults as sentences, the first one first.

    `remarks` are sentences on what explains a gap, such as a backup that was restored.
    """

    records: int = 0
    seals: int = 0
    erased: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.faults


class Verification:
    """One walk over seals and records in their order. Holds one batch of records at a time.

    `keys` are the public keys, of 32 bytes each, whose signatures count beside the site's own.
    """

    def __init__(self, keys: tuple[bytes, ...] = ()):
        self.report = Report()
        own, self.key_fault = own_key()
        self.keys = (*own, *keys)
        self.notices: dict[int, NoticeVersion] = {}
        restorations = list(Restoration.objects.all())
        self.report.remarks = [str(restoration) for restoration in restorations]
        # The newest seal that was brought back → the number of the next one.
        self.gaps = {(restoration.seal_number, restoration.known_number + 1) for restoration in restorations}

    def run(self) -> Report:
        for fault in islice(self.faults(), ENOUGH):
            self.report.faults.append(fault)
        return self.report

    def faults(self) -> Iterator[str]:
        if self.key_fault and Seal.objects.exists():
            yield self.key_fault
        yield from self.notice_faults()
        yield from self.seal_faults()
        yield from self.erasure_faults()
        yield from self.unsealed_faults()
        yield from self.newest_seal_faults()
        yield from self.protection_faults()

    def notice_faults(self) -> Iterator[str]:
        expected = 1
        for version in NoticeVersion.objects.order_by("number"):
            self.notices[version.pk] = version
            if version.number != expected:
                yield _("Version %(number)s of the notice was removed.") % {"number": expected}
            expected = version.number + 1
            if not version.is_as_published():
                yield _("Version %(number)s of the notice was altered.") % {"number": version.number}

    def seal_faults(self) -> Iterator[str]:
        """Faults of each seal and of the records under it, seal by seal."""
        before = None
        groups = groupby(self.leaves(), key=lambda leaf: leaf.seal_id)
        for seal in Seal.objects.order_by("number").iterator(BATCH):
            self.report.seals += 1
            yield from self.chain_faults(seal, before)
            pk, leaves = next(groups, (None, ()))
            if pk != seal.pk:
                yield _("Seal %(number)s: its records were removed or reordered.") % {"number": seal.number}
                return
            yield from self.leaf_faults(seal, before, list(leaves))
            before = seal
        if next(groups, None):
            yield _("There are records under a seal that was removed.")

    def chain_faults(self, seal: Seal, before: Seal | None) -> Iterator[str]:
        words = {"number": seal.number}
        last = before.number if before else 0
        if seal.number != last + 1 and (last, seal.number) not in self.gaps:
            yield _("A seal before seal %(number)s was removed.") % words
        elif seal.previous != (before.digest if before else NO_SEAL_BEFORE):
            yield _("Seal %(number)s does not follow from the seal before.") % words
        if note_digest(seal.text) != seal.digest or not seal.note.startswith(f"{seal.text}\n"):
            yield _("Seal %(number)s was altered.") % words
        # Without any key, the fault is the key's and not that of every seal.
        elif self.keys and not any(signed_by(seal.note, key) for key in self.keys):
            yield _("Seal %(number)s is not signed with this site's key.") % words

    def leaf_faults(self, seal: Seal, before: Seal | None, leaves: list[SealedRecord]) -> Iterator[str]:
        whole, last = True, {}
        for index, leaf in enumerate(leaves):
            if leaf.position != seal.first + index:
                whole = False
                yield _("The record at position %(position)s was removed.") % {"position": seal.first + index}
                break
            fault = self.record_fault(leaf, seal, before)
            # A seal takes its records in the order of their numbers.
            if not fault and leaf.record < last.get(leaf.kind, 0):
                fault = _("The record at position %(position)s (number %(record)s) was reordered.") % {
                    "position": leaf.position,
                    "record": leaf.record,
                }
            last[leaf.kind] = leaf.record
            if fault:
                whole = False
                yield fault
        if whole and (
            len(leaves) != seal.size or merkle.root(bytes.fromhex(leaf.digest) for leaf in leaves).hex() != seal.root
        ):
            yield _("Seal %(number)s: one of the records at the positions %(first)s to %(last)s was altered.") % {
                "number": seal.number,
                "first": seal.first,
                "last": seal.first + seal.size - 1,
            }

    def record_fault(self, leaf: SealedRecord, seal: Seal, before: Seal | None) -> str | None:
        """What is wrong with the record of one leaf, or None."""
        self.report.records += 1
        record = leaf.content
        words = {"position": leaf.position, "record": leaf.record}
        if leaf.erasure_id:
            self.report.erased += 1
            return _("The record at position %(position)s was erased and is here again.") % words if record else None
        if record is None:
            return _("The record at position %(position)s (number %(record)s) was removed.") % words
        computed = self.hash_of(record)
        if computed != leaf.digest:
            if computed and computed == record.digest and Leaf.objects.filter(digest=computed).exists():
                return _("The record at position %(position)s (number %(record)s) was reordered.") % words
            return _("The record at position %(position)s (number %(record)s) was altered.") % words
        if isinstance(record, Decision) and (
            record.decided_at > seal.sealed_at + SLACK or (before and record.decided_at < before.sealed_at - SLACK)
        ):
            return (
                _(
                    "The record at position %(position)s (number %(record)s) was inserted: it is dated before or after "
                    "the time of its seal."
                )
                % words
            )
        return None

    def hash_of(self, record: Decision | Erasure | Restoration) -> str | None:
        """The hash of what the record says now; None where it says what no record says, or names no notice."""
        if record is UNREADABLE:
            return None
        if isinstance(record, Decision):
            # The few versions are in memory; a query for each record would be many.
            if record.notice_id not in self.notices:
                return None
            record.notice = self.notices[record.notice_id]
        try:
            return record.leaf()
        except AttributeError:  # A date that is none comes as None.
            return None

    def leaves(self) -> Iterator[SealedRecord]:
        """Every leaf in order."""
        *columns, _content = SealedRecord._fields
        stream = Leaf.objects.order_by("position").values_list(*columns, named=True).iterator(BATCH)
        while batch := list(islice(stream, BATCH)):
            records = {
                kind: in_bulk(model, [leaf.record for leaf in batch if leaf.kind == kind])
                for model, kind in Leaf.KINDS.items()
            }
            for leaf in batch:
                yield SealedRecord(*leaf, content=records.get(leaf.kind, {}).get(leaf.record))

    def erasure_faults(self) -> Iterator[str]:
        for erasure in Erasure.objects.order_by("pk").iterator(BATCH):
            digests = erasure.leaves.order_by("position").values_list("digest", flat=True)
            if (
                erasure.leaf() != erasure.digest
                or len(digests) != erasure.count
                or sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest() != erasure.hashes
            ):
                yield _("Erasure %(number)s was altered, or other records than it names were erased.") % {
                    "number": erasure.pk
                }

    def unsealed_faults(self) -> Iterator[str]:
        """Faults of the records that no seal covers yet."""
        latest = Seal.objects.latest_seal()
        for decision in Leaf.objects.unsealed(Decision).order_by("pk").iterator(BATCH):
            self.report.unsealed += 1
            words = {"record": decision.pk}
            if self.hash_of(decision) != decision.digest:
                yield _("Record number %(record)s, not sealed yet, was altered.") % words
            elif latest and decision.decided_at < latest.sealed_at - SLACK:
                yield _("Record number %(record)s was inserted: it is dated before the latest seal.") % words

    def newest_seal_faults(self) -> Iterator[str]:
        """Whether the newest seal that this installation made is still there."""
        try:
            known = newest_known()
        except SealOrderError as fault:
            yield str(fault)
            return
        if known and (fault := Seal.objects.fault_of(known)):
            yield fault

    def protection_faults(self) -> Iterator[str]:
        """Triggers without which the database lets anyone change or delete a record."""
        for name in triggers.faults(connection, PURPOSE):
            yield _("The database trigger %(name)s, which protects the record, is missing or was altered.") % {
                "name": name
            }


def in_bulk(model: type[Decision | Erasure | Restoration], numbers: list[int]) -> dict:
    """Number → record, UNREADABLE where the database gives back what is none."""
    if not numbers:
        return {}
    first, last = min(numbers), max(numbers)
    try:
        # Mostly they are all that there are in between: to name each of thousands takes the database longer.
        if last - first < 2 * len(numbers):
            return {record.pk: record for record in model.objects.filter(pk__range=(first, last))}
        return model.objects.in_bulk(numbers)
    except ValueError:
        if len(numbers) == 1:
            return {numbers[0]: UNREADABLE}
        middle = len(numbers) // 2
        return in_bulk(model, numbers[:middle]) | in_bulk(model, numbers[middle:])


def own_key() -> tuple[tuple[bytes, ...], str]:
    """The site's public key, and what is wrong with it: one of the two is empty."""
    try:
        return (SealKey.own().public,), ""
    except SealKeyError as error:
        return (), str(error)


def fault_against(note: str, keys: tuple[bytes, ...] = ()) -> str | None:
    """What is wrong with the site's past in view of a seal that somebody kept, or None.

    `note` is the signed text as it was published. Raises ValueError where it is none.
    """
    kept = KeptSeal.parse(note)
    own, key_fault = own_key()
    if not any(signed_by(kept.note, key) for key in (*own, *keys)):
        return key_fault or _("The seal that was kept is not signed with this site's key.")
    return Seal.objects.fault_of(kept)


@dataclass(frozen=True)
class Checked:
    """The result of checking one record: its seal, None while it waits for one, and what is wrong."""

    seal: Seal | None
    faults: list[str]


def check(decision: Decision) -> Checked:
    """Check one record now: against its hash, its notice, and its seal's tree, chain and signature."""
    faults = []
    if decision.leaf() != decision.digest:
        faults.append(_("The record was altered: its hash does not match."))
    if not decision.notice.is_as_published():
        faults.append(_("Version %(number)s of the notice was altered.") % {"number": decision.notice.number})
    leaf = Leaf.objects.select_related("seal").filter(kind=Leaf.KINDS[Decision], record=decision.pk).first()
    if leaf is None:
        latest = Seal.objects.latest_seal()
        if latest and decision.decided_at < latest.sealed_at - SLACK:
            faults.append(_("The record was inserted: it is dated before the latest seal, but no seal covers it."))
        return Checked(None, faults)
    if leaf.digest != decision.digest:
        faults.append(_("The record is not the one that was sealed."))
    verification, seal = Verification(), leaf.seal
    if verification.key_fault:
        faults.append(verification.key_fault)
    before = Seal.objects.below(seal.number).first()
    faults += verification.chain_faults(seal, before)
    digests = seal.leaves.order_by("position").values_list("digest", flat=True)
    if merkle.root(bytes.fromhex(digest) for digest in digests).hex() != seal.root:
        faults.append(_("The records under seal %(number)s no longer give its root.") % {"number": seal.number})
    return Checked(seal, faults)
