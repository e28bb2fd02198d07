"""Data that a restore keeps until it has finished."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from consent.stored_seal import StoredSeal
from operations.backups import Backup
from operations.restoring import ErasureOnRequest, Restore
from server.lock import restore_file

pytestmark = [pytest.mark.once, pytest.mark.django_db]
SEAL = "number 7\nsealed 2026-02-01T00:00:00+00:00\n\nsignature\n"


def facts(day: int) -> dict:
    erased_at = datetime(2026, 2, day, 3, 0, 0, 123456, tzinfo=UTC)
    return {
        "model": "partners.partneruniversity",
        "object_id": 1,
        "fields": [["", "contact", ""]],
        "reason": "Request",
        "staff": "officer",
        "erased_at": erased_at,
    }


@pytest.fixture
def restore(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return Restore(Backup(tmp_path / "backup", {"made_at": "2026-02-02T00:00:00+00:00"}))


def test_a_restore_after_an_interrupted_one_knows_the_seal_and_the_erasures_that_the_first_one_read(restore):
    restore.newest_seal = StoredSeal.parse(SEAL)
    restore.erasures = [ErasureOnRequest("officer", "letter", ["0" * 64])]
    # The first one is in the backup.
    restore.content_erasures = [facts(1), facts(2), facts(3)]
    restore.save_current_data()
    again = Restore(restore.backup)
    again.read_current_data()
    assert again.newest_seal.number == 7
    assert again.erasures == restore.erasures
    assert again.content_erasures == [facts(2), facts(3)]


def test_the_site_starts_after_the_last_step_only(restore):
    restore.save_current_data()
    with pytest.raises(CommandError, match=r"A restore was interrupted: run `unic restore .*/backup --replace` again"):
        call_command("prepare")
    restore.finish()
    assert not restore_file().exists()


def test_a_failure_before_the_database_is_replaced_lets_the_site_start(restore, monkeypatch):
    def fail(file):
        raise OSError

    monkeypatch.setattr(type(restore.database), "replace", lambda self, file: fail(file))
    restore.backup.manifest["database"] = restore.database.kind
    with pytest.raises(OSError):
        restore.switch()
    assert not restore_file().exists()
    # Not so if an earlier restore had replaced it.
    restore.save_current_data()
    with pytest.raises(OSError):
        restore.switch()
    assert restore_file().exists()
