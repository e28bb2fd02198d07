"""The check of one record, as its receipt shows it."""

import base64
from datetime import timedelta

import pytest
from django.db import connection

from consent.models import Decision, Leaf, NoticeVersion, Seal
from consent.record_check import check_record
from triggers.registry import remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(decide) -> Decision:
    """The second of three records under one seal, in a database that no longer protects them."""
    decisions = [decide(action) for action in ("accept", "refuse", "accept")]
    Seal.objects.seal_waiting()
    unprotect()
    return decisions[1]


def unprotect():
    # PostgreSQL drops no trigger while constraints wait to be checked.
    connection.check_constraints()
    remove(connection, {"consent"})


def faults(decision: Decision) -> list[str]:
    return check_record(Decision.objects.get(pk=decision.pk)).faults


def test_an_untouched_record_has_its_seal_and_no_fault(sealed):
    checked = check_record(sealed)
    assert (checked.seal, checked.faults) == (Seal.objects.get(), [])


def test_an_altered_record_is_named(sealed):
    Decision.objects.filter(pk=sealed.pk).update(path="/de/")
    assert faults(sealed) == ["The record was altered: its hash does not match."]


def test_a_record_with_the_hash_of_another_is_named(sealed):
    altered = Decision.objects.get(pk=sealed.pk)
    altered.path = "/de/"
    Decision.objects.filter(pk=sealed.pk).update(path="/de/", digest=altered.leaf())
    assert faults(sealed) == ["The record is not the one that was sealed."]


def test_an_altered_notice_is_named(sealed):
    NoticeVersion.objects.update(asks_again=False)
    assert faults(sealed) == ["Version 1 of the notice was altered."]


def test_a_record_under_a_seal_that_lost_its_root_is_named(sealed):
    Leaf.objects.filter(kind="decision", record__lt=sealed.pk).update(digest="ab" * 32)
    assert faults(sealed) == ["The records under seal 1 no longer give its root."]


def test_an_altered_seal_is_named(sealed):
    Seal.objects.update(size=4)
    assert faults(sealed) == ["Seal 1 was altered."]


def test_another_key_and_a_missing_one_are_named_once(sealed, settings):
    settings.CONSENT_SEAL_KEY = base64.b64encode(b"n" * 32).decode()
    assert faults(sealed) == ["Seal 1 is not signed with this site's key."]
    settings.CONSENT_SEAL_KEY = ""
    (fault,) = faults(sealed)
    assert "is missing" in fault


def test_a_record_that_waits_for_its_seal_has_none(sealed, decide):
    waiting = decide("refuse")
    assert (check_record(waiting).seal, check_record(waiting).faults) == (None, [])


def test_a_record_dated_before_the_latest_seal_that_no_seal_covers_is_named(sealed, decide):
    waiting = decide("refuse")
    waiting.decided_at -= timedelta(days=1)
    Decision.objects.filter(pk=waiting.pk).update(decided_at=waiting.decided_at, digest=waiting.leaf())
    assert faults(waiting) == [
        "The record was inserted, or the clock was set back: it is dated before seal 1, but no seal covers it."
    ]
