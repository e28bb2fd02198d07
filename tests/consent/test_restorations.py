"""Restorations: an older database is detected, recorded, and distinguished from tampering."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from consent.models import Decision, Leaf, Restoration, Seal
from consent.stored_seal import SealMismatchError, StoredSeal, newest_seal_path, read_newest_seal, store_newest_seal
from consent.verification import Verification

pytestmark = pytest.mark.django_db


@pytest.fixture
def seal(decide, django_capture_on_commit_callbacks):
    """Function that makes and seals a decision, and runs the callbacks after the commit, as the server does."""

    def press() -> Seal:
        decide()
        with django_capture_on_commit_callbacks(execute=True):
            Seal.objects.seal_waiting()
        return Seal.objects.latest_seal()

    return press


@pytest.fixture
def restore(tamper):
    """Function that sets the database back to the time when the seal with this number was the newest."""

    def run(number: int):
        newest = Seal.objects.get(number=number)
        last = newest.first + newest.size - 1
        tamper(f"DELETE FROM consent_decision WHERE id IN (SELECT record FROM consent_leaf WHERE position > {last})")
        tamper(f"DELETE FROM consent_leaf WHERE position > {last}")
        tamper(f"DELETE FROM consent_seal WHERE number > {number}")
        tamper("DELETE FROM consent_restoration")

    return run


def faults() -> list[str]:
    return Verification().run().faults


def run(command: str, *arguments: str, **options) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output, stderr=output, **options)
    return output.getvalue()


def test_the_newest_seal_is_stored_outside_the_database(seal):
    assert read_newest_seal() is None
    seal()
    newest = seal()
    assert read_newest_seal() == StoredSeal(2, newest.digest, newest.sealed_at, newest.note)
    assert newest_seal_path().stat().st_mode & 0o777 == 0o600
    assert not faults()


def test_an_older_database_is_not_reported_as_altered(seal, restore):
    for _seal in range(3):
        seal()
    restore(1)
    (fault,) = faults()
    assert fault.startswith("Seal 3 is missing: the newest seal of the database is 1. An older database was restored")
    assert "altered" not in fault and "rewritten" not in fault


def test_an_empty_database_is_detected(seal, tamper):
    seal()
    for table in ("leaf", "seal", "decision"):
        tamper(f"DELETE FROM consent_{table}")
    assert faults()[0].startswith("Seal 1 is missing: the newest seal of the database is 0.")


def test_an_older_database_is_not_sealed_until_the_loss_is_recorded(seal, restore):
    for _seal in range(3):
        seal()
    restore(1)
    with pytest.raises(SealMismatchError, match="Seal 3 is missing"):
        seal()
    assert Decision.objects.count() == 2
    with pytest.raises(CommandError, match="seal_consents --after-restore"):
        run("seal_consents")
    assert [seal.number for seal in Seal.objects.all()] == [1]
    output = run("seal_consents", "--after-restore")
    assert re.search(r"An older database was restored .* ends with seal 1; .* up to seal 3, is lost\.", output)
    assert "Sealed: 2." in output


def test_after_a_recorded_restoration_no_number_is_reused_and_the_record_verifies(seal, restore):
    for _seal in range(3):
        seal()
    restore(1)
    run("seal_consents", "--after-restore")
    assert seal().number == 5
    assert [seal.number for seal in Seal.objects.order_by("number")] == [1, 4, 5]
    assert not faults()
    output = run("verify_consents")
    assert "up to seal 3, is lost." in output and "No record was changed." in output


def test_a_downloaded_seal_that_was_lost_is_a_fault_until_the_loss_is_recorded(seal, restore, tmp_path):
    files = {number: tmp_path / f"{number}.txt" for number in (1, 2, 3)}
    for file in files.values():
        file.write_text(seal().note)
    restore(1)
    with pytest.raises(SystemExit):
        run("verify_consents", against=files[2])
    run("seal_consents", "--after-restore")
    for file in files.values():
        assert "No record was changed." in run("verify_consents", against=file)


def test_a_restoration_does_not_explain_a_seal_that_is_removed_later(seal, restore, tamper):
    for _seal in range(2):
        seal()
    restore(1)
    run("seal_consents", "--after-restore")
    store_newest_seal(Seal.objects.latest_seal().note)
    last = Seal.objects.latest_seal()
    tamper(f"DELETE FROM consent_leaf WHERE seal_id = {last.pk}")
    tamper(f"DELETE FROM consent_seal WHERE id = {last.pk}")
    assert any(fault.startswith("Seal 3 is missing") for fault in faults())


def test_a_gap_between_seals_without_a_restoration_is_a_removed_seal(seal, restore, tamper):
    for _seal in range(2):
        seal()
    restore(1)
    run("seal_consents", "--after-restore")
    tamper("DELETE FROM consent_restoration")
    assert "A seal before seal 3 was removed." in faults()
    assert any(fault.startswith("The record at position 3 ") and fault.endswith("was removed.") for fault in faults())


@pytest.mark.nightly
@pytest.mark.parametrize("column", ["restored_at", "backup_at", "known_number", "known_digest", "seal_digest"])
def test_an_altered_restoration_is_reported(seal, restore, tamper, column):
    for _seal in range(3):
        seal()
    restore(1)
    run("seal_consents", "--after-restore")
    value = {"restored_at": "'2040-01-01 00:00:00'", "backup_at": "'2020-01-01 00:00:00'", "known_number": "9"}
    tamper(f"UPDATE consent_restoration SET {column} = {value.get(column, repr('x'))}")
    assert any("position 3 " in fault and "was altered" in fault for fault in faults())


def test_the_database_refuses_to_change_a_restoration(seal):
    seal()
    Seal.objects.continue_after_restore(None)
    for change in (Restoration.objects.all().delete, lambda: Restoration.objects.update(known_number=9)):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    if connection.vendor == "sqlite":
        with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
            cursor.execute("INSERT OR REPLACE INTO consent_restoration SELECT * FROM consent_restoration")


def test_without_a_missing_seal_no_restoration_is_recorded(seal):
    seal()
    with pytest.raises(CommandError, match="no seal is missing"):
        run("seal_consents", "--after-restore")
    assert not Restoration.objects.exists()


def test_the_newest_seal_can_be_given_as_a_file(seal, restore, tmp_path):
    for _seal in range(3):
        newest = seal()
    file = tmp_path / "seal-3.txt"
    file.write_text(newest.note)
    restore(1)
    newest_seal_path().unlink()
    assert not faults()
    assert "up to seal 3, is lost." in run("seal_consents", "--after-restore", str(file))
    file.write_text(newest.note.replace("number 3", "number 9"))
    with pytest.raises(CommandError, match="not signed with this site's key"):
        run("seal_consents", "--after-restore", str(file))
    file.write_text("nonsense")
    with pytest.raises(CommandError, match="is not a seal"):
        run("seal_consents", "--after-restore", str(file))


def test_a_different_seal_with_the_same_number_is_reported_as_rewritten(seal, restore):
    for _seal in range(2):
        newest = seal()
    restore(1)
    newest_seal_path().unlink()
    seal()
    store_newest_seal(newest.note)
    assert faults() == ["Seal 2 differs from the seal that was kept: the past was rewritten."]
    with pytest.raises(CommandError, match="rewritten"):
        run("seal_consents", "--after-restore")


@pytest.mark.parametrize(
    "text", ["", "nonsense", "number 1\nsealed yesterday\n", "number 1\nsealed 2026-01-01T00:00:00\n"]
)
def test_a_damaged_file_of_the_newest_seal_is_reported(seal, text):
    newest_seal_path().write_text(text)
    (fault,) = faults()
    assert str(newest_seal_path()) in fault and "is damaged" in fault
    with pytest.raises(SealMismatchError, match="is damaged"):
        seal()


def test_an_error_in_storing_the_newest_seal_is_logged_and_does_not_stop_sealing(seal, settings, caplog):
    settings.DATA_DIR = settings.DATA_DIR / "missing"
    assert seal().number == 1
    assert "newest_seal.txt could not be written" in caplog.text


def test_an_erasure_on_an_older_database_is_refused_with_the_reason(seal, restore, staff, client):
    decision = Decision.objects.get(pk=Leaf.objects.get(seal=seal(), kind="decision").record)
    seal()
    restore(1)
    client.force_login(staff())
    form = {"receipt": decision.receipt, "remark": "letter", "is_sure": "on"}
    page = client.post(reverse("admin:consent_decision_erase"), form)
    assert page.status_code == 200 and "Seal 2 is missing" in page.content.decode()
    assert Decision.objects.filter(pk=decision.pk).exists()


def test_the_admin_and_the_public_list_of_seals_show_a_restoration(seal, restore, staff, client):
    for _seal in range(2):
        seal()
    restore(1)
    run("seal_consents", "--after-restore")
    text = "It ends with seal 1; what was sealed after that, up to seal 2, is lost."
    assert text in client.get("/en/cookies/seals/").content.decode()
    client.force_login(staff())
    page = client.post(reverse("admin:consent_decision_check_seals")).content.decode()
    assert text in page and "No record was changed." in page
