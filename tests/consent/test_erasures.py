"""Erasure of records, on request and after their retention period."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from consent.models import Decision, Erasure, Leaf, Seal
from consent.verification import Verification

pytestmark = pytest.mark.django_db


def faults() -> list[str]:
    return Verification().run().faults


def age(tamper, days: int):
    """Make all decisions older by `days`."""
    for decision in Decision.objects.all():
        decision.decided_at -= timedelta(days=days)
        decision.expires_at -= timedelta(days=days)
        digest = decision.leaf()
        tamper(
            "UPDATE consent_decision SET decided_at = %s, expires_at = %s, digest = %s WHERE id = %s",
            decision.decided_at,
            decision.expires_at,
            digest,
            decision.pk,
        )


def test_erasing_the_records_of_one_visitor_leaves_the_others_verifiable(decide, staff):
    browser = Client()
    decision = decide("accept", browser)
    decide("withdraw", browser)
    decide("refuse")
    assert Leaf.objects.erase_receipt(decision.receipt, staff="officer", remark="letter of 3 May") == 2
    assert not Decision.objects.filter(receipt=decision.receipt).exists()
    erasure = Erasure.objects.get()
    assert (erasure.staff, erasure.reason, erasure.count) == ("officer", "request", 2)
    Seal.objects.seal_waiting()
    report = Verification().run()
    assert report.is_valid and report.erased == 2
    assert "Your choice no longer counts" in browser.get("/en/cookies/receipt/").content.decode()


def test_an_erased_receipt_number_is_in_no_table(decide):
    decision = decide("accept")
    Leaf.objects.erase_receipt(decision.receipt, staff="officer", remark="")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert decision.receipt not in str(cursor.fetchall())


def test_records_are_erased_after_their_retention_period(decide, tamper, settings):
    browser = Client()
    decide("accept", browser)
    # A withdrawal is kept as long as the consent.
    decide("withdraw", browser)
    decide("refuse")
    age(tamper, 30 * 13)
    recent = decide("refuse")
    Seal.objects.seal_waiting()
    assert Leaf.objects.erase_outdated() == 1
    assert Erasure.objects.get().reason == "refusal_expired"
    age(tamper, 30 * 36)
    assert Leaf.objects.erase_outdated() == 3
    assert Decision.objects.count() == 0 and recent.pk
    assert Leaf.objects.erase_outdated() == 0


def test_the_command_seals_and_erases(decide, capsys):
    decide()
    call_command("seal_consents")
    # The decision, and the versions of notice and policy.
    assert capsys.readouterr().out == "Sealed: 3. Erased after their retention period: 0.\n"


@pytest.mark.parametrize("altered", ["record", "erasure"])
def test_a_forged_erasure_is_reported(decide, tamper, altered):
    first, second = decide("accept"), decide("accept")
    Leaf.objects.erase_receipt(first.receipt, staff="officer", remark="")
    Seal.objects.seal_waiting()
    if altered == "record":
        tamper(f"UPDATE consent_leaf SET erasure_id = {Erasure.objects.get().pk} WHERE record = {second.pk}")
        tamper(f"DELETE FROM consent_decision WHERE id = {second.pk}")
    else:
        tamper("UPDATE consent_erasure SET staff = 'somebody'")
    assert any("Erasure 1 was altered" in fault or "Erasure" in fault for fault in faults())


def test_an_erased_record_that_reappears_is_reported(decide, tamper):
    decision = decide("accept")
    Leaf.objects.erase_receipt(decision.receipt, staff="officer", remark="")
    decision.save(force_insert=True)
    assert "is here again" in faults()[0]
