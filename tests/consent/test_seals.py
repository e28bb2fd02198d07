"""Seals and verification: every change of the record is reported."""

import json
import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from consent import merkle
from consent.models import Decision, Notice, NoticeVersion, PolicyVersion, PrivacyPolicy, Seal
from consent.record_check import check_record
from consent.signing import SealKey
from consent.verification import Verification, in_bulk
from editorial import roles
from tests.consent.factories import put_in_force

pytestmark = pytest.mark.django_db
# Position of the first decision: the versions of notice and policy are sealed before it.
FIRST = 2


@pytest.fixture
def sealed(decide):
    """Nine decisions under three seals."""
    for _round in range(3):
        for action in ("accept", "refuse", "choose"):
            decide(action)
        Seal.objects.seal_waiting()
    return list(Decision.objects.order_by("pk"))


def faults() -> list[str]:
    return Verification().run().faults


def test_unaltered_records_verify(sealed):
    report = Verification().run()
    assert report.is_valid
    assert (report.records, report.seals, report.erased, report.unsealed) == (FIRST + 9, 3, 0, 0)


def test_each_seal_refers_to_the_seal_before(sealed):
    first, second, third = Seal.objects.order_by("number")
    assert (second.previous, third.previous) == (first.digest, second.digest)
    assert [(seal.first, seal.size) for seal in (first, second, third)] == [
        (0, FIRST + 3),
        (FIRST + 3, 3),
        (FIRST + 6, 3),
    ]


def test_sealing_again_seals_nothing(sealed):
    assert Seal.objects.seal_waiting() == 0
    assert Seal.objects.count() == 3


def test_large_backlogs_are_sealed_in_batches(decide, monkeypatch):
    monkeypatch.setattr("consent.models.seal.BATCH_SIZE", 2)
    for _visitor in range(5):
        decide()
    assert Seal.objects.seal_waiting() == FIRST + 5
    assert list(Seal.objects.order_by("number").values_list("size", flat=True)) == [2, 2, 2, 1]
    assert not faults()


FIELDS = {
    "action": "'refused_all'",
    "answers": """'{"statistics": {"granted": true, "version": 1}}'""",
    "granted": "'advertising'",
    "decided_at": "'2020-01-01 00:00:00'",
    "expires_at": "'2099-01-01 00:00:00'",
    "language": "'hr'",
    "path": "'/elsewhere/'",
    "receipt": "'0000-0000-0000-0000'",
    "has_objection_signal": "NOT has_objection_signal",
    "predecessor": "'x'",
    "idempotency_key": "'y'",
    "digest": "'z'",
}


@pytest.mark.parametrize("column", FIELDS)
def test_an_altered_record_is_reported(sealed, tamper, column):
    victim = sealed[3]
    if column == "digest":
        tamper(f"UPDATE consent_decision SET digest = 'z', path = 'elsewhere' WHERE id = {victim.pk}")
    else:
        tamper(f"UPDATE consent_decision SET {column} = {FIELDS[column]} WHERE id = {victim.pk}")
    assert faults()[0] == f"The record at position {FIRST + 3} (number {victim.pk}) was altered."


def test_every_column_of_a_record_is_covered_by_its_hash():
    covered = {*FIELDS, "notice", "policy"}
    assert {field.name for field in Decision._meta.fields} - {"id"} == covered


def test_a_record_with_another_notice_is_reported(sealed, tamper, decide):
    other = NoticeVersion.objects.current()
    copy = {f.attname: getattr(other, f.attname) for f in NoticeVersion._meta.fields if f.name != "id"}
    forged = NoticeVersion(**copy | {"number": 2})
    forged.digest = forged.leaf()
    forged.save()
    tamper(f"UPDATE consent_decision SET notice_id = {forged.pk} WHERE id = {sealed[0].pk}")
    assert faults() == [f"The record at position {FIRST} (number {sealed[0].pk}) was altered."]


def test_a_record_with_another_policy_is_reported(sealed, tamper):
    tamper(f"UPDATE consent_decision SET policy_id = NULL WHERE id = {sealed[0].pk}")
    assert faults() == [f"The record at position {FIRST} (number {sealed[0].pk}) was altered."]


def test_a_record_whose_policy_was_removed_is_reported(sealed, tamper):
    policy = sealed[0].policy_id
    tamper(f"UPDATE consent_decision SET policy_id = 999 WHERE id = {sealed[0].pk}")
    assert faults() == [f"The record at position {FIRST} (number {sealed[0].pk}) was altered."]
    tamper(f"UPDATE consent_decision SET policy_id = {policy} WHERE id = {sealed[0].pk}")


def test_records_whose_numbers_are_far_apart_are_read(sealed):
    ends = [sealed[0], sealed[-1]]
    assert in_bulk(Decision, [record.pk for record in ends]) == {record.pk: record for record in ends}


def test_a_removed_record_is_reported(sealed, tamper):
    tamper(f"DELETE FROM consent_decision WHERE id = {sealed[4].pk}")
    assert faults() == [f"The record at position {FIRST + 4} (number {sealed[4].pk}) was removed."]


@pytest.mark.parametrize("position", [0, 4, 8])
def test_a_record_removed_with_its_leaf_is_reported(sealed, tamper, position):
    tamper(f"DELETE FROM consent_leaf WHERE position = {FIRST + position}")
    tamper(f"DELETE FROM consent_decision WHERE id = {sealed[position].pk}")
    assert faults()
    if position != 8:
        assert faults()[0] == f"The record at position {FIRST + position} was removed."


def test_a_removed_seal_is_reported(sealed, tamper):
    second = Seal.objects.get(number=2)
    tamper(f"DELETE FROM consent_decision WHERE id IN ({sealed[3].pk}, {sealed[4].pk}, {sealed[5].pk})")
    tamper(f"DELETE FROM consent_leaf WHERE seal_id = {second.pk}")
    tamper("DELETE FROM consent_seal WHERE number = 2")
    assert faults()[0] == "A seal before seal 3 was removed."


def test_an_inserted_record_is_reported_before_and_after_it_is_sealed(sealed, tamper):
    forged = Decision.objects.get(pk=sealed[0].pk)
    forged.pk, forged.receipt, forged.idempotency_key = None, "1111-1111-1111-1111", ""
    forged.decided_at -= timedelta(days=30)
    forged.digest = forged.leaf()
    forged.save(force_insert=True)
    assert faults() == [
        f"Record number {forged.pk} was inserted, or the clock was set back: it is dated before seal 3."
    ]
    assert check_record(forged).faults
    Seal.objects.seal_waiting()
    assert "was inserted" in faults()[0] and f"(number {forged.pk})" in faults()[0]


@pytest.fixture
def clock(monkeypatch):
    """Function that sets the clock of the site to so many hours ahead."""
    right = timezone.now
    return lambda hours: monkeypatch.setattr("django.utils.timezone.now", lambda: right() + timedelta(hours=hours))


def insert_copy(decision: Decision, **ago: float) -> None:
    """Insert a copy of a decision that is dated so long before now."""
    decision.pk, decision.receipt, decision.idempotency_key = None, "1111-1111-1111-1111", ""
    decision.decided_at = timezone.now() - timedelta(**ago)
    decision.digest = decision.leaf()
    decision.save(force_insert=True)


def test_a_clock_that_was_ahead_is_a_remark_and_no_fault(decide, clock, capsys):
    decide()
    Seal.objects.seal_waiting()
    clock(3)
    decide()
    Seal.objects.seal_waiting()
    clock(0)
    waiting = decide()
    report = Verification().run()
    assert report.is_valid and not check_record(waiting).faults
    assert report.remarks == ["Seal 2 is dated in the future: the clock was ahead, or is behind now."]
    Seal.objects.seal_waiting()
    clock(4)
    call_command("verify_consents")
    output = capsys.readouterr().out
    assert "Seal 3 is dated before seal 2: the clock was set back. Times under one may be wrong." in output
    assert "No record was changed." in output


def test_a_record_that_was_inserted_while_the_clock_was_ahead_is_reported(decide, clock):
    decision = decide()
    Seal.objects.seal_waiting()
    clock(3)
    decide()
    Seal.objects.seal_waiting()
    clock(0)
    insert_copy(decision, hours=1)
    assert "was inserted" in faults()[0] and "before seal 1" in faults()[0]
    Seal.objects.seal_waiting()
    assert "was inserted" in faults()[0]


def test_reordered_records_are_reported(sealed, tamper):
    first, second = sealed[3].pk, sealed[4].pk
    tamper(f"UPDATE consent_decision SET id = 9999 WHERE id = {first}")
    tamper(f"UPDATE consent_decision SET id = {first} WHERE id = {second}")
    tamper(f"UPDATE consent_decision SET id = {second} WHERE id = 9999")
    assert faults()[0] == f"The record at position {FIRST + 3} (number {first}) was reordered."


def test_reordered_leaves_are_reported(sealed, tamper):
    for old, new in ((FIRST + 3, 9999), (FIRST + 4, FIRST + 3), (9999, FIRST + 4)):
        tamper(f"UPDATE consent_leaf SET position = {new} WHERE position = {old}")
    assert faults() == [f"The record at position {FIRST + 4} (number {sealed[3].pk}) was reordered."]


def test_forged_hashes_do_not_match_the_root_of_the_seal(sealed, tamper):
    victim = sealed[4]
    victim.path = "/elsewhere/"
    forged = victim.leaf()
    tamper(f"UPDATE consent_decision SET path = '/elsewhere/', digest = '{forged}' WHERE id = {victim.pk}")
    tamper(f"UPDATE consent_leaf SET digest = '{forged}' WHERE record = {victim.pk}")
    assert faults() == ["Seal 2: one of the records at the positions 5 to 7 was altered."]


def test_a_forged_root_does_not_match_the_signature(sealed, tamper):
    victim, seal = sealed[8], Seal.objects.get(number=3)
    victim.path = "/elsewhere/"
    forged = victim.leaf()
    leaves = [sealed[6].digest, sealed[7].digest, forged]
    seal.root = merkle.root(bytes.fromhex(leaf) for leaf in leaves).hex()
    from consent.signing import note_digest

    tamper(f"UPDATE consent_decision SET path = '/elsewhere/', digest = '{forged}' WHERE id = {victim.pk}")
    tamper(f"UPDATE consent_leaf SET digest = '{forged}' WHERE record = {victim.pk}")
    tamper(f"UPDATE consent_seal SET root = '{seal.root}', digest = '{note_digest(seal.text)}' WHERE number = 3")
    assert faults() == ["Seal 3 was altered."]
    signature = seal.note.rpartition("\n\n")[2]
    tamper("UPDATE consent_seal SET note = %s WHERE number = 3", f"{seal.text}\n{signature}")
    assert faults() == ["Seal 3 is not signed with this site's key."]


@pytest.mark.nightly
@pytest.mark.parametrize("column", ["previous", "root", "size", "first", "sealed_at", "note", "number"])
def test_an_altered_seal_is_reported(sealed, tamper, column):
    value = {"size": "2", "first": "4", "sealed_at": "'2026-01-01 00:00:00'", "number": "7"}.get(column, "'x'")
    tamper(f"UPDATE consent_seal SET {column} = {value} WHERE number = 3")
    assert any("eal 3" in fault or "eal 7" in fault for fault in faults())


@pytest.mark.parametrize(("column", "value"), [("published_at", "2020-01-01 00:00:00+00:00"), ("asks_again", False)])
def test_altered_metadata_of_a_notice_version_is_reported(sealed, tamper, column, value):
    tamper(f"UPDATE consent_noticeversion SET {column} = %s", value)
    assert faults() == ["Version 1 of the notice was altered."]


@pytest.mark.parametrize(("table", "name"), [("noticeversion", "notice"), ("policyversion", "privacy policy")])
def test_the_page_of_a_record_reports_that_its_version_was_removed(client, staff, sealed, tamper, table, name):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    with transaction.atomic():
        tamper(f"DELETE FROM consent_{table} WHERE number = 1")
        response = client.get(f"/admin/consent/decision/{sealed[0].pk}/change/")
        # The record refers to nothing, which the end of the test would report.
        transaction.set_rollback(True)
    html = response.content.decode()
    assert f"The version of the {name} that this record refers to was removed." in html and sealed[0].receipt in html
    assert "the record is unchanged" not in html


def test_a_removed_notice_version_is_reported(sealed, tamper):
    for heading in ("Cookies", "Cookies, once more"):
        Notice.objects.update(heading_en=heading)
        put_in_force()
    tamper("DELETE FROM consent_noticeversion WHERE number = 2")
    assert faults() == ["Version 2 of the notice was removed."]


@pytest.mark.parametrize(("model", "name"), [(NoticeVersion, "notice"), (PolicyVersion, "privacy policy")])
def test_a_version_that_nobody_answered_cannot_be_forged_or_removed(decide, tamper, model, name):
    Notice.objects.update(heading_en="Cookies, once more")
    put_in_force()
    PrivacyPolicy.objects.update(contact="elsewhere@example.org")
    with patch("consent.models.policy.PolicyVersionQuerySet.untranslated", list):
        PolicyVersion.objects.put_in_force()
    Seal.objects.seal_waiting()
    assert not faults()
    table, version = model._meta.db_table, model.objects.current()
    version.wording["en"]["contact"] = "forged@example.org"
    forged = json.dumps(version.wording)
    tamper(f"UPDATE {table} SET wording = %s, digest = %s WHERE number = 2", forged, version.leaf())
    assert faults() == [f"Version 2 of the {name} was altered."]
    tamper(f"DELETE FROM {table} WHERE number = 2")
    (fault,) = faults()
    assert f"(number {version.pk}) was removed." in fault


@pytest.mark.parametrize(("table", "name"), [("noticeversion", "notice"), ("policyversion", "privacy policy")])
def test_a_version_altered_before_it_is_sealed_is_reported(tamper, table, name):
    tamper(f"UPDATE consent_{table} SET published_at = '2020-01-01 00:00:00+00:00'")
    assert faults() == [f"Version 1 of the {name} was altered."]


def test_a_record_of_a_missing_notice_version_is_reported(sealed, tamper):
    tamper(f"UPDATE consent_decision SET notice_id = 77 WHERE id = {sealed[4].pk}")
    assert faults() == [f"The record at position {FIRST + 4} (number {sealed[4].pk}) was altered."]
    tamper(f"UPDATE consent_decision SET notice_id = {sealed[4].notice_id} WHERE id = {sealed[4].pk}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL refuses invalid dates")
@pytest.mark.parametrize("date", ["2026-99-99", "2026-99-99 00:00:00"])
def test_a_record_with_an_invalid_date_is_reported(sealed, tamper, date):
    tamper(f"UPDATE consent_decision SET decided_at = '{date}' WHERE id = {sealed[4].pk}")
    assert faults() == [f"The record at position {FIRST + 4} (number {sealed[4].pk}) was altered."]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "signature", ["", "nonsense", "— consent-seal !AAAA", "— consent-seal AAA", "— consent-seal AAAA"]
)
def test_an_invalid_signature_is_reported(sealed, tamper, signature):
    tamper("UPDATE consent_seal SET note = %s WHERE number = 2", f"{Seal.objects.get(number=2).text}\n{signature}\n")
    assert faults() == ["Seal 2 is not signed with this site's key."]


def test_an_altered_notice_version_is_reported(sealed, tamper):
    tamper("UPDATE consent_noticeversion SET style = '' WHERE number = 1")
    assert faults()[0] == "Version 1 of the notice was altered."


def test_a_record_altered_before_it_is_sealed_is_reported(decide, tamper):
    decision = decide()
    tamper(f"UPDATE consent_decision SET path = '/elsewhere/' WHERE id = {decision.pk}")
    assert faults() == [f"Record number {decision.pk}, not sealed yet, was altered."]
    Seal.objects.seal_waiting()
    assert faults() == [f"The record at position {FIRST} (number {decision.pk}) was altered."]


def test_the_command_prints_the_numbers_and_returns_an_exit_status(sealed, tamper, capsys):
    call_command("verify_consents")
    output = capsys.readouterr().out
    assert f"Checked {FIRST + 9} records under 3 seals" in output and "Newest seal: seal 3 of 20" in output
    tamper(f"DELETE FROM consent_decision WHERE id = {sealed[1].pk}")
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_consents")
    assert f"position {FIRST + 1}" in capsys.readouterr().err


def test_a_missing_trigger_is_reported(sealed):
    name = "managed_record_consent_decision_delete"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE consent_decision DISABLE TRIGGER {name}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")
    assert faults() == [f"The database trigger {name}, which protects the record, is missing or was altered."]


def test_a_downloaded_seal_reveals_a_rewritten_chain(sealed, tamper, tmp_path, capsys):
    stored = tmp_path / "seal.txt"
    for ending in ("", "\n\n"):
        stored.write_text(Seal.objects.latest_seal().note + ending)
        call_command("verify_consents", against=stored)
    # An attacker with the key replaces the last seal by one over fewer records.
    tamper(f"DELETE FROM consent_decision WHERE id = {sealed[8].pk}")
    tamper(f"DELETE FROM consent_leaf WHERE position > {FIRST + 5}")
    tamper("DELETE FROM consent_seal WHERE number = 3")
    Seal.objects.seal_waiting()
    assert not faults()
    with pytest.raises(SystemExit):
        call_command("verify_consents", against=stored)
    assert "the past was rewritten" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "nonsense", "consent-seal/1\nnumber x\n\n— a b\n"])
def test_a_file_that_is_not_a_seal_is_refused(tmp_path, text):
    file = tmp_path / "seal.txt"
    file.write_text(text)
    with pytest.raises(CommandError, match="is not a seal"):
        call_command("verify_consents", against=file)


def test_the_published_seals_can_be_downloaded(client, sealed):
    html = client.get("/en/cookies/seals/").content.decode()
    assert SealKey.own().verifier in html.replace("&#x2B;", "+").replace("&#43;", "+")
    assert [int(number) for number in re.findall(r"Seal (\d)", html)] == [3, 2, 1]
    response = client.get("/en/cookies/seals/2.txt")
    assert response.content.decode() == Seal.objects.get(number=2).note
    assert 'filename="seal-2.txt"' in response["Content-Disposition"]
    assert response["X-Robots-Tag"] == "noindex"
    assert client.get("/en/cookies/seals/002.txt")["Location"] == "/en/cookies/seals/2.txt"
    assert client.get("/en/cookies/seals/4.txt").status_code == 404
    assert client.get("/en/cookies/seals/99999999999999999999.txt").status_code == 404


def test_the_list_of_seals_has_pages(client, sealed, monkeypatch):
    monkeypatch.setattr("consent.views.SEALS_PER_PAGE", 2)
    assert 'href="?below=2"' in client.get("/en/cookies/seals/").content.decode()
    last = client.get("/en/cookies/seals/?below=2").content.decode()
    assert "Seal 1" in last and 'href="?below=' not in last


@pytest.mark.parametrize(
    ("below", "status"), [("x", 200), ("²", 200), ("٣", 200), ("9" * 18, 200), ("9" * 19, 404), ("9" * 5000, 404)]
)
def test_a_list_of_seals_below_an_impossible_number_is_not_found(client, below, status):
    assert client.get("/en/cookies/seals/", {"below": below}).status_code == status


def test_before_the_first_seal_the_list_says_so(client):
    assert "Nothing is sealed yet." in client.get("/en/cookies/seals/").content.decode()


def test_a_seal_is_a_signed_note(sealed):
    note = Seal.objects.latest_seal().note
    assert re.fullmatch(
        r"consent-seal/1\nnumber 3\nprevious [0-9a-f]{64}\nfirst 8\nsize 3\nroot [0-9a-f]{64}\n"
        r"sealed \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\n\n— consent-seal [A-Za-z0-9+/]{91}=\n",
        note,
    )
