"""Check of one record, for the admin."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from consent import merkle
from consent.models import Decision, Leaf, NoticeVersion, PolicyVersion, Seal
from consent.models.seal import CLOCK_TOLERANCE
from consent.verification import Verification, altered_version


@dataclass(frozen=True)
class RecordCheck:
    """Result of checking one record: its seal, or None before it is sealed, and its faults.

    Without its versions of notice and policy, the record can be neither hashed nor shown.
    """

    seal: Seal | None
    faults: list[str]
    has_versions: bool = True


def check_record(decision: Decision) -> RecordCheck:
    """Check one record: its hash, its notice, and the Merkle tree, chain and signature of its seal."""
    if faults := missing_versions(decision):
        return RecordCheck(None, faults, has_versions=False)
    if decision.leaf() != decision.digest:
        faults.append(_("The record was altered: its hash does not match."))
    for version in (decision.notice, decision.policy):
        if version and not version.is_as_published():
            faults.append(altered_version(version))
    leaf = Leaf.objects.select_related("seal").filter(kind=Leaf.KINDS[Decision], record=decision.pk).first()
    if leaf is None:
        latest = Seal.objects.newest_dated_by(timezone.now() + CLOCK_TOLERANCE)
        if latest and decision.decided_at < latest.sealed_at - CLOCK_TOLERANCE:
            faults.append(
                _(
                    "The record was inserted, or the clock was set back: it is dated before seal %(number)s, but no "
                    "seal covers it."
                )
                % {"number": latest.number}
            )
        return RecordCheck(None, faults)
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
    return RecordCheck(seal, faults)


def missing_versions(decision: Decision) -> list[str]:
    """Return a fault for each version of notice and policy that the record refers to and that was removed."""
    faults = []
    if not NoticeVersion.objects.filter(pk=decision.notice_id).exists():
        faults.append(_("The version of the notice that this record refers to was removed."))
    if decision.policy_id and not PolicyVersion.objects.filter(pk=decision.policy_id).exists():
        faults.append(_("The version of the privacy policy that this record refers to was removed."))
    return faults
