"""Verification of the record: each record against its seal, each seal against the seal before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, islice
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

import triggers
from consent import merkle
from consent.models import Decision, Erasure, Leaf, NoticeVersion, PolicyVersion, Restoration, Seal
from consent.models.seal import BATCH_SIZE, CLOCK_TOLERANCE, NO_PREVIOUS_SEAL, Sealed
from consent.signing import SealKey, SealKeyError, note_digest, signed_by
from consent.stored_seal import SealMismatchError, StoredSeal, read_newest_seal
from consent.triggers import PURPOSE

# Maximum number of reported faults. The first fault often causes many others.
MAX_FAULTS = 100


class SealedRecord(NamedTuple):
    """Columns of a Leaf, without the cost of a model instance, and its record or None."""

    seal_id: int
    position: int
    kind: str
    record: int
    digest: str
    erasure_id: int | None
    content: Sealed | None


@dataclass
class Report:
    """Report of a verification: the numbers of checked items, and the faults as sentences in their order.

    `remarks` are sentences that explain gaps and times, such as a restored backup.
    """

    records: int = 0
    seals: int = 0
    erased: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.faults


class Verification:
    """Verification of all seals and records in their order, with one batch of records in memory.

    `keys` are public keys of 32 bytes that are accepted in addition to the site's own key.
    """

    def __init__(self, keys: tuple[bytes, ...] = ()):
        self.report = Report()
        own, self.key_fault = own_key()
        self.keys = (*own, *keys)
        self.notices: dict[int, NoticeVersion] = {}
        self.policies: dict[int, PolicyVersion] = {}
        restorations = list(Restoration.objects.all())
        self.report.remarks = [str(restoration) for restoration in restorations]
        # Pairs of the newest restored seal and the number of the next seal.
        self.gaps = {(restoration.seal_number, restoration.known_number + 1) for restoration in restorations}

    def run(self) -> Report:
        """Verify everything, and return the report with at most MAX_FAULTS faults."""
        for fault in islice(self.faults(), MAX_FAULTS):
            self.report.faults.append(fault)
        return self.report

    def faults(self) -> Iterator[str]:
        if self.key_fault and Seal.objects.exists():
            yield self.key_fault
        yield from self.notice_faults()
        yield from self.policy_faults()
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

    def policy_faults(self) -> Iterator[str]:
        expected = 1
        for version in PolicyVersion.objects.order_by("number"):
            self.policies[version.pk] = version
            if version.number != expected:
                yield _("Version %(number)s of the privacy policy was removed.") % {"number": expected}
            expected = version.number + 1

    def seal_faults(self) -> Iterator[str]:
        """Yield the faults of each seal and of its records."""
        before = None
        groups = groupby(self.leaves(), key=lambda leaf: leaf.seal_id)
        for seal in Seal.objects.order_by("number").iterator(BATCH_SIZE):
            self.report.seals += 1
            yield from self.chain_faults(seal, before)
            pk, leaves = next(groups, (None, ()))
            if pk != seal.pk:
                yield _("Seal %(number)s: its records were removed or reordered.") % {"number": seal.number}
                return
            yield from self.leaf_faults(seal, self.seal_in_time_before(seal, before), list(leaves))
            before = seal
        if next(groups, None):
            yield _("There are records under a seal that was removed.")

    def chain_faults(self, seal: Seal, before: Seal | None) -> Iterator[str]:
        parameters = {"number": seal.number}
        last = before.number if before else 0
        if seal.number != last + 1 and (last, seal.number) not in self.gaps:
            yield _("A seal before seal %(number)s was removed.") % parameters
        elif seal.previous != (before.digest if before else NO_PREVIOUS_SEAL):
            yield _("Seal %(number)s does not follow from the seal before.") % parameters
        if note_digest(seal.text) != seal.digest or not seal.note.startswith(f"{seal.text}\n"):
            yield _("Seal %(number)s was altered.") % parameters
        # Without a key, only the key is reported.
        elif self.keys and not any(signed_by(seal.note, key) for key in self.keys):
            yield _("Seal %(number)s is not signed with this site's key.") % parameters

    def seal_in_time_before(self, seal: Seal, before: Seal | None) -> Seal | None:
        """Return the seal after which the records of `seal` were made: `before`, unless the clock was set back."""
        if before is None or before.sealed_at <= seal.sealed_at:
            return before
        self.report.remarks.append(
            _("Seal %(number)s is dated before seal %(before)s: the clock was set back. Times under one may be wrong.")
            % {"number": seal.number, "before": before.number}
        )
        return Seal.objects.below(seal.number).newest_dated_by(seal.sealed_at)

    def leaf_faults(self, seal: Seal, before: Seal | None, leaves: list[SealedRecord]) -> Iterator[str]:
        is_complete, last = True, dict[str, int]()
        for index, leaf in enumerate(leaves):
            if leaf.position != seal.first + index:
                is_complete = False
                yield _("The record at position %(position)s was removed.") % {"position": seal.first + index}
                break
            fault = self.record_fault(leaf, seal, before)
            # A seal has its records in the order of their primary keys.
            if not fault and leaf.record < last.get(leaf.kind, 0):
                fault = _("The record at position %(position)s (number %(record)s) was reordered.") % {
                    "position": leaf.position,
                    "record": leaf.record,
                }
            last[leaf.kind] = leaf.record
            if fault:
                is_complete = False
                yield fault
        if is_complete and (
            len(leaves) != seal.size or merkle.root(bytes.fromhex(leaf.digest) for leaf in leaves).hex() != seal.root
        ):
            yield _("Seal %(number)s: one of the records at the positions %(first)s to %(last)s was altered.") % {
                "number": seal.number,
                "first": seal.first,
                "last": seal.first + seal.size - 1,
            }

    def record_fault(self, leaf: SealedRecord, seal: Seal, before: Seal | None) -> str | None:
        """Return the fault of the record of a leaf, or None."""
        self.report.records += 1
        record = leaf.content
        parameters = {"position": leaf.position, "record": leaf.record}
        if leaf.erasure_id:
            self.report.erased += 1
            return (
                _("The record at position %(position)s was erased and is here again.") % parameters if record else None
            )
        if record is None:
            return _("The record at position %(position)s (number %(record)s) was removed.") % parameters
        computed = self.hash_of(record)
        if computed != leaf.digest:
            if isinstance(record, NoticeVersion | PolicyVersion):
                return altered_version(record)
            if computed and computed == record.digest and Leaf.objects.filter(digest=computed).exists():
                return _("The record at position %(position)s (number %(record)s) was reordered.") % parameters
            return _("The record at position %(position)s (number %(record)s) was altered.") % parameters
        if isinstance(record, Decision) and (
            record.decided_at > seal.sealed_at + CLOCK_TOLERANCE
            or (before and record.decided_at < before.sealed_at - CLOCK_TOLERANCE)
        ):
            return (
                _(
                    "The record at position %(position)s (number %(record)s) was inserted, or the clock was wrong: it "
                    "is dated before or after the time of its seal."
                )
                % parameters
            )
        return None

    def hash_of(self, record: Sealed) -> str | None:
        """Return the leaf hash of the current content, or None if its notice, its policy or a date is invalid."""
        if isinstance(record, Decision):
            # The few versions are in memory, which saves queries for each record.
            if record.notice_id not in self.notices or (record.policy_id and record.policy_id not in self.policies):
                return None
            record.notice = self.notices[record.notice_id]
            record.policy = self.policies[record.policy_id] if record.policy_id else None
        try:
            return record.leaf()
        except AttributeError:  # SQLite returns None for an invalid date.
            return None

    def leaves(self) -> Iterator[SealedRecord]:
        """Yield all leaves in order, with their records."""
        *columns, _content = SealedRecord._fields
        stream = Leaf.objects.order_by("position").values_list(*columns, named=True).iterator(BATCH_SIZE)
        while batch := list(islice(stream, BATCH_SIZE)):
            records = {
                kind: in_bulk(model, [leaf.record for leaf in batch if leaf.kind == kind])
                for model, kind in Leaf.KINDS.items()
            }
            for leaf in batch:
                yield SealedRecord._make((*leaf, records.get(leaf.kind, {}).get(leaf.record)))

    def erasure_faults(self) -> Iterator[str]:
        for erasure in Erasure.objects.order_by("pk").iterator(BATCH_SIZE):
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
        """Yield the faults of the records without a seal."""
        for model in (NoticeVersion, PolicyVersion):
            for version in Leaf.objects.unsealed(model).order_by("number"):
                if not version.is_as_published():
                    yield altered_version(version)
        latest, now = Seal.objects.latest_seal(), timezone.now() + CLOCK_TOLERANCE
        if latest and latest.sealed_at > now:
            self.report.remarks.append(
                _("Seal %(number)s is dated in the future: the clock was ahead, or is behind now.")
                % {"number": latest.number}
            )
            latest = Seal.objects.newest_dated_by(now)
        for decision in Leaf.objects.unsealed(Decision).order_by("pk").iterator(BATCH_SIZE):
            self.report.unsealed += 1
            parameters = {"record": decision.pk}
            if self.hash_of(decision) != decision.digest:
                yield _("Record number %(record)s, not sealed yet, was altered.") % parameters
            elif latest and decision.decided_at < latest.sealed_at - CLOCK_TOLERANCE:
                yield _(
                    "Record number %(record)s was inserted, or the clock was set back: it is dated before seal "
                    "%(seal)s."
                ) % (parameters | {"seal": latest.number})

    def newest_seal_faults(self) -> Iterator[str]:
        """Yield a fault if the database contradicts the stored newest seal."""
        try:
            known = read_newest_seal()
        except SealMismatchError as error:
            yield str(error)
            return
        if known and (fault := Seal.objects.fault_against(known)):
            yield fault

    def protection_faults(self) -> Iterator[str]:
        """Yield the missing or altered triggers that make the record append-only."""
        for name in triggers.faults(connection, PURPOSE):
            yield _("The database trigger %(name)s, which protects the record, is missing or was altered.") % {
                "name": name
            }


def altered_version(version: NoticeVersion | PolicyVersion) -> str:
    """Return the fault of a version of notice or policy that was altered."""
    text = _("Version %(number)s of the privacy policy was altered.")
    if isinstance(version, NoticeVersion):
        text = _("Version %(number)s of the notice was altered.")
    return text % {"number": version.number}


def in_bulk(model: type[Sealed], numbers: list[int]) -> dict[int, Any]:
    """Return the records with these primary keys. A record with invalid values is replaced by an empty one."""
    if not numbers:
        return {}
    first, last = min(numbers), max(numbers)
    try:
        # The keys are mostly consecutive, and a range is faster than a list of thousands.
        if last - first < 2 * len(numbers):
            return {record.pk: record for record in model.objects.filter(pk__range=(first, last))}
        return model.objects.in_bulk(numbers)
    except ValueError:
        if len(numbers) == 1:
            return {numbers[0]: model(pk=numbers[0])}
        middle = len(numbers) // 2
        return in_bulk(model, numbers[:middle]) | in_bulk(model, numbers[middle:])


def own_key() -> tuple[tuple[bytes, ...], str]:
    """Return the site's public key as a tuple, and its fault. One of the two is empty."""
    try:
        return (SealKey.own().public,), ""
    except SealKeyError as error:
        return (), str(error)


def fault_against_seal(note: str, keys: tuple[bytes, ...] = ()) -> str | None:
    """Return how the database contradicts a downloaded seal, or None.

    `note` is the signed text of the seal. Raises ValueError if it is not a seal.
    """
    stored = StoredSeal.parse(note)
    own, key_fault = own_key()
    if not any(signed_by(stored.note, key) for key in (*own, *keys)):
        return key_fault or _("The seal that was kept is not signed with this site's key.")
    return Seal.objects.fault_against(stored)
