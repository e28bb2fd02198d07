"""Signing key of the seals: created before the first seal, and required for all others."""

import base64
import os

import pytest
from django.core.management import CommandError, call_command

from consent.models import Decision, Leaf, Seal
from consent.record_check import check_record
from consent.sealing import seal as recurring_seal
from consent.signing import SealKey, SealKeyError
from consent.verification import Verification

pytestmark = pytest.mark.django_db
NEW_KEY = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def key_file(settings, tmp_path):
    """Path of the key file of a site without a key in its settings."""
    settings.CONSENT_SEAL_KEY = ""
    settings.DATA_DIR = tmp_path
    return tmp_path / "consent_seal_key"


def seal(decide) -> int:
    decide()
    return Seal.objects.seal_waiting()


def test_the_first_seal_creates_the_key_and_later_seals_use_it(decide, key_file):
    # The first one is also over the versions of notice and policy.
    assert [seal(decide), seal(decide)] == [3, 1]
    assert len(key_file.read_bytes()) == 32 and key_file.stat().st_mode & 0o777 == 0o600
    assert Verification().run().is_valid


def test_the_job_creates_the_key_with_the_first_seal_and_later_reports_a_missing_key(decide, key_file):
    # The versions of notice and policy.
    assert recurring_seal() == 2
    assert recurring_seal() == 0
    decide()
    assert recurring_seal() == 1
    key_file.unlink()
    with pytest.raises(SealKeyError, match="is missing"):
        recurring_seal()


def test_a_missing_key_stops_sealing_and_is_not_replaced(decide, key_file):
    seal(decide)
    key_file.unlink()
    with pytest.raises(SealKeyError, match=r"missing: restore .*consent_seal_key from the copy of the keys"):
        seal(decide)
    assert not key_file.exists()
    assert Seal.objects.count() == 1 and Leaf.objects.filter(kind="decision").count() == 1


def test_another_key_than_that_of_the_newest_seal_stops_sealing(decide, key_file, settings):
    seal(decide)
    settings.CONSENT_SEAL_KEY = NEW_KEY
    with pytest.raises(SealKeyError, match=r"Seal 1 was signed with a different key.* from the copy of the keys"):
        seal(decide)
    assert Seal.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33])
def test_an_empty_or_damaged_key_is_reported(decide, key_file, content):
    key_file.write_bytes(content)
    with pytest.raises(SealKeyError, match=r"empty or damaged: restore .*consent_seal_key from the copy of the keys"):
        seal(decide)
    assert key_file.read_bytes() == content


def test_a_full_disk_is_reported_and_leaves_no_key(decide, key_file, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SealKeyError, match="cannot be written: No space left on device"):
        seal(decide)
    assert not list(key_file.parent.glob("*key*"))


def test_the_command_reports_why_it_does_not_seal(decide, key_file):
    seal(decide)
    key_file.unlink()
    decide()
    with pytest.raises(CommandError, match="The key of the seals is missing"):
        call_command("seal_consents")


def test_an_operator_can_replace_a_lost_key(decide, key_file, capsys):
    seal(decide)
    old = SealKey.own().verifier
    key_file.unlink()
    decide()
    call_command("seal_consents", "--new-key")
    assert SealKey.own().verifier != old
    # From now on it is the key of the site.
    assert seal(decide) == 1
    call_command("verify_consents", "--old-key", old)
    assert "No record was changed." in capsys.readouterr().out


def test_a_new_key_without_unsealed_records_is_refused(decide, key_file):
    seal(decide)
    with pytest.raises(CommandError, match="no unsealed record"):
        call_command("seal_consents", "--new-key")


def test_without_the_key_the_chain_is_still_verified_and_only_the_key_is_reported(decide, key_file, capsys):
    seal(decide)
    decide()
    Seal.objects.seal_waiting()
    key_file.write_bytes(b"")
    assert [fault[:44] for fault in Verification().run().faults] == ["The key of the seals is empty or damaged: re"]
    assert len(check_record(Decision.objects.order_by("pk").first()).faults) == 1
    with pytest.raises(SystemExit):
        call_command("verify_consents")
    assert capsys.readouterr().err.startswith("The key of the seals is empty")


def test_the_list_of_seals_works_without_a_key(client, decide, key_file, caplog):
    assert "Public key" in client.get("/en/cookies/seals/").content.decode()
    seal(decide)
    key_file.unlink()
    response = client.get("/en/cookies/seals/")
    assert response.status_code == 200
    assert "Public key" not in response.content.decode() and "Seal 1" in response.content.decode()
    assert "cannot be shown" in caplog.text


def test_an_erasure_that_cannot_be_sealed_shows_the_reason_and_keeps_the_input(client, staff, decide, key_file):
    decision = decide()
    Seal.objects.seal_waiting()
    decide()
    key_file.unlink()
    client.force_login(staff())
    form = {"receipt": decision.receipt, "remark": "Letter of 3 May", "is_sure": "on"}
    response = client.post("/admin/consent/decision/erase/", form)
    html = response.content.decode()
    assert response.status_code == 200
    assert "The key of the seals is missing" in html and "Letter of 3 May" in html
