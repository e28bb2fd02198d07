"""Backups are complete and readable by their owner only, and damaged ones are refused before any change."""

import fcntl
import json
import os
import resource
import stat
import tarfile

import pytest
from django.core.management import CommandError, call_command

from operations.backups import (
    Backup,
    BackupError,
    checksum,
    complete_backups,
    names_in_the_future,
    remove_older,
    require_separate_folders,
)
from operations.databases import own_database
from operations.restoring import Restore
from operations.uploads import Uploads, UploadsError
from server.lock import restore_file

pytestmark = pytest.mark.once
# Bytes; less than the size of the database.
SMALL = 100_000


@pytest.fixture
def backup(tmp_path) -> Backup:
    """A backup of a small database file and two uploads."""
    folder = tmp_path / "backup-2026-01-31T03-00-00Z"
    folder.mkdir()
    (tmp_path / "media/a").mkdir(parents=True)
    (tmp_path / "media/a/one.jpg").write_bytes(b"one")
    (tmp_path / "media/two.jpg").write_bytes(b"two")
    uploads = Uploads("default", tmp_path / "media")
    count = uploads.pack(folder / uploads.part)
    (folder / "database.sqlite3").write_bytes(b"rows")
    names = ("database.sqlite3", uploads.part)
    manifest = {
        "format": 1,
        "made_at": "2026-01-31T03:00:00+00:00",
        "program": "1",
        "database": "SQLite",
        "database_versions": {"library": "3.40.1"},
        "contents": {"rows": {"consent_seal": 3}, "migrations": ["consent.0001_initial"], "newest_seal": None},
        "uploads": {"default": count},
        "parts": {name: checksum(folder / name) for name in names},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Backup.open(folder)


def with_manifest(backup: Backup, **changes) -> Backup:
    (backup.folder / "manifest.json").write_text(json.dumps(backup.manifest | changes))
    return Backup.open(backup.folder)


@pytest.mark.parametrize("name", ["database.sqlite3", "uploads-default.tar"])
def test_a_changed_truncated_or_missing_part_is_reported(backup, name):
    backup.check()
    part, content = backup.part(name), backup.part(name).read_bytes()
    for damaged in (content[:-1], b"x" + content[1:], b""):
        part.write_bytes(damaged)
        with pytest.raises(BackupError, match=rf"{name} is damaged"):
            backup.check()
    part.unlink()
    with pytest.raises(BackupError, match=rf"{name} cannot be read"):
        backup.check()


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "manifest.json is damaged"), ("[]", "manifest.json is damaged"), ('{"format": 2}', "by a newer version")],
)
def test_a_manifest_that_cannot_be_read_is_reported(backup, text, message):
    (backup.folder / "manifest.json").write_text(text)
    with pytest.raises(BackupError, match=message):
        Backup.open(backup.folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": None}, "manifest.json is damaged"),
        ({"made_at": "yesterday"}, "manifest.json is damaged"),
        ({"made_at": "2026-01-31T03:00:00"}, "manifest.json is damaged"),
        ({"format": "1"}, "manifest.json is damaged"),
        ({"contents": None}, "manifest.json is damaged"),
        ({"contents": 5}, "manifest.json is damaged"),
        ({"uploads": []}, "manifest.json is damaged"),
        ({"contents": {"rows": {}, "migrations": []}}, "manifest.json is damaged"),
        ({"contents": {"rows": [], "migrations": [], "newest_seal": None}}, "manifest.json is damaged"),
        ({"contents": {"rows": {}, "migrations": [], "newest_seal": None, "later": 1}}, "by a newer version"),
        ({"later": 1}, "by a newer version"),
    ],
)
def test_a_manifest_with_other_fields_is_reported(backup, changes, message):
    with pytest.raises(BackupError, match=message):
        with_manifest(backup, **changes)


def test_an_archive_without_content_is_reported(backup, tmp_path):
    uploads = Uploads("default", tmp_path / "media")
    backup.part(uploads.part).write_bytes(b"")
    with pytest.raises(UploadsError, match=r"uploads-default.tar is damaged: empty file"):
        uploads.unpack(backup.part(uploads.part))


def test_the_folder_of_all_backups_is_refused_with_the_name_of_the_newest_one(backup):
    with pytest.raises(
        BackupError, match=r"is not a backup: .* The newest backup in it is .*/backup-2026-01-31T03-00-00Z"
    ):
        Backup.open(backup.folder.parent)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"database": "Oracle"}, "contains a Oracle database, but DATABASE_URL is for"),
        ({"uploads": {"default": 2, "elsewhere": 1}}, "settings.STORAGES does not have: elsewhere"),
        (
            {"contents": {"rows": {}, "migrations": ["consent.9999_later"], "newest_seal": None}},
            "newer version of the program .* with the migration consent.9999_later",
        ),
        ({"parts": {}}, "manifest.json is damaged: it has no checksum of database"),
    ],
    ids=["other database", "other storage", "newer version", "no checksums"],
)
def test_a_backup_that_does_not_fit_this_installation_is_refused(backup, changes, message):
    backup = with_manifest(backup, **{"database": own_database().kind} | changes)
    with pytest.raises(BackupError, match=message):
        Restore(backup).check()


@pytest.mark.parametrize("is_link", [False, True], ids=["a folder", "a symbolic link"])
def test_restored_uploads_replace_the_current_ones(backup, tmp_path, is_link):
    if is_link:
        (tmp_path / "media").rename(tmp_path / "elsewhere")
        (tmp_path / "media").symlink_to("elsewhere")
    inode = (tmp_path / "media").stat().st_ino
    uploads = Uploads("default", tmp_path / "media")
    (tmp_path / "media/a/one.jpg").write_bytes(b"another")
    (tmp_path / "media/three.jpg").write_bytes(b"three")
    uploads.unpack(backup.part(uploads.part))
    assert (tmp_path / "media/three.jpg").exists()
    uploads.replace()
    found = {path.relative_to(uploads.folder).as_posix(): path.read_bytes() for path in uploads.files()}
    assert found == {"a/one.jpg": b"one", "two.jpg": b"two"}
    assert {path.name for path in uploads.folder.iterdir()} == {"a", "two.jpg"}
    # The folder itself stays, because it can be a mount point, which cannot be renamed.
    assert (tmp_path / "media").is_symlink() == is_link and (tmp_path / "media").stat().st_ino == inode


def test_what_is_no_upload_is_not_backed_up(tmp_path):
    for name in (".restoring", ".replaced", "lost+found", "a"):
        (tmp_path / "media" / name).mkdir(parents=True)
        (tmp_path / "media" / name / "one.jpg").write_bytes(b"one")
    uploads = Uploads("default", tmp_path / "media")
    assert [path.relative_to(uploads.folder).as_posix() for path in uploads.files()] == ["a/one.jpg"]


def test_uploads_with_a_mount_point_inside_are_refused_before_any_change(backup, tmp_path, monkeypatch):
    monkeypatch.setattr(type(tmp_path), "is_mount", lambda path: path.name == "a", raising=False)
    with pytest.raises(UploadsError, match=r"media/a cannot be replaced: it is a mount point. Mount .*/media instead"):
        Uploads("default", tmp_path / "media").require_replaceable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write to any folder")
def test_uploads_that_cannot_be_written_to_are_refused_before_any_change(tmp_path):
    (tmp_path / "media/a").mkdir(parents=True)
    for folder in (tmp_path / "media/a", tmp_path / "media"):
        folder.chmod(0o500)
        with pytest.raises(UploadsError, match=rf"{folder} cannot be replaced: this user cannot write to it"):
            Uploads("default", tmp_path / "media").require_replaceable()


@pytest.mark.django_db
def test_a_failure_after_the_database_was_replaced_says_so(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    restore_file().touch()
    with pytest.raises(CommandError, match=r"is not a backup.* The database was already replaced\. Correct the cause"):
        call_command("restore", tmp_path)


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "link"])
def test_an_archive_with_paths_outside_of_its_folder_is_refused(tmp_path, name):
    member = tarfile.TarInfo(name)
    if name == "link":
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "forged.tar", "w") as archive:
        archive.addfile(member)
    with pytest.raises(UploadsError, match=f"contains {name}, which is not an uploaded file"):
        Uploads("default", tmp_path / "media").unpack(tmp_path / "forged.tar")
    assert not (tmp_path / "outside").exists()


def test_older_backups_are_removed_but_not_other_files(backup, tmp_path):
    for day in range(1, 5):
        (tmp_path / f"backup-2026-02-0{day}T03-00-00Z").mkdir()
        (tmp_path / f"backup-2026-02-0{day}T03-00-00Z/manifest.json").write_text("{}")
    (tmp_path / "backup-of-mine").mkdir()
    assert remove_older(tmp_path, 3, tmp_path / "backup-2026-02-04T03-00-00Z") == 2
    assert [path.name[:17] for path in complete_backups(tmp_path)] == [f"backup-2026-02-0{day}" for day in (2, 3, 4)]
    assert remove_older(tmp_path, 3, tmp_path / "backup-2026-02-04T03-00-00Z") == 0
    assert (tmp_path / "backup-of-mine").exists() and (tmp_path / "media").exists()


def test_a_backup_with_a_name_in_the_future_is_kept_and_does_not_count(tmp_path):
    for name in ("2026-02-01", "2026-02-02", "2026-02-03", "2099-01-01", "2099-01-02"):
        (tmp_path / f"backup-{name}T03-00-00Z").mkdir()
        (tmp_path / f"backup-{name}T03-00-00Z/manifest.json").write_text("{}")
    written = tmp_path / "backup-2026-02-03T03-00-00Z"
    assert remove_older(tmp_path, 2, written) == 1
    assert [path.name[7:17] for path in complete_backups(tmp_path)] == [
        "2026-02-02",
        "2026-02-03",
        "2099-01-01",
        "2099-01-02",
    ]
    assert [path.name[7:17] for path in names_in_the_future(tmp_path, written)] == ["2099-01-01", "2099-01-02"]


@pytest.mark.nightly
def test_a_backup_is_readable_by_its_owner_only_and_keep_limits_the_number_of_backups(on_sqlite):
    first = on_sqlite.backup()
    for path in (on_sqlite.backups, first, *first.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    # A folder of a run that was killed.
    (on_sqlite.backups / ".unfinished-killed").mkdir()
    second = on_sqlite.backup("--keep", "1")
    assert list(on_sqlite.backups.iterdir()) == [second] != [first]
    refused = on_sqlite.manage("backup", "--to", str(on_sqlite.backups), "--keep", "0")
    assert refused.stderr == "CommandError: --keep 0: give the number of backups to keep, 1 or more.\n"


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


@pytest.mark.nightly
def test_on_a_full_disk_there_is_no_incomplete_backup_and_older_ones_stay(on_sqlite):
    older = on_sqlite.backup()
    outcome = on_sqlite.manage("backup", "--to", str(on_sqlite.backups), "--keep", "1", preexec_fn=limit_file_size)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("CommandError: No backup was written. ") and outcome.stderr.count("\n") == 1
    assert list(on_sqlite.backups.iterdir()) == [older]


@pytest.mark.nightly
def test_on_a_full_disk_a_restore_changes_nothing(on_sqlite, folder):
    on_sqlite.run("decide('accept')")
    (on_sqlite.data / "media").mkdir(exist_ok=True)
    (on_sqlite.data / "media/large.jpg").write_bytes(bytes(2 * SMALL))
    backup = on_sqlite.backup()
    on_sqlite.run("decide('accept')")
    outcome = on_sqlite.manage("restore", str(backup), "--discard", preexec_fn=limit_file_size)
    assert outcome.returncode == 1 and "There is no space left for" in outcome.stderr
    outcome = on_sqlite.manage("restore", str(backup), "--replace", preexec_fn=limit_file_size)
    assert f"The current data could not be backed up to {on_sqlite.data}/before-restore." in outcome.stderr
    assert "To restore without a backup of the current data, give --discard." in outcome.stderr
    assert on_sqlite.run("from consent.models import Decision; print(Decision.objects.count())").split() == ["2"]
    assert (on_sqlite.data / "media/large.jpg").stat().st_size == 2 * SMALL
    assert not list(on_sqlite.data.rglob(".*restoring"))


@pytest.mark.nightly
def test_keys_are_not_in_the_folder_of_the_backups(on_sqlite):
    for keys in (on_sqlite.backups, on_sqlite.backups / "keys", on_sqlite.data):
        with pytest.raises(BackupError, match="--keys: choose a folder apart from --to"):
            require_separate_folders(keys, on_sqlite.backups)
    refused = on_sqlite.manage("backup", "--to", str(on_sqlite.backups), "--keys", str(on_sqlite.backups))
    assert refused.returncode == 1 and "--keys: choose a folder apart from --to." in refused.stderr
    assert not on_sqlite.backups.exists()
    on_sqlite.backup("--keys", str(on_sqlite.data / "keys"))
    (keys,) = (on_sqlite.data / "keys").iterdir()
    assert {path.name for path in keys.iterdir()} == {"README", "secret_key", "consent_seal_key"}
    assert not [path for path in on_sqlite.complete_backups[0].iterdir() if "key" in path.name]


@pytest.mark.nightly
def test_a_folder_for_backups_inside_the_uploads_is_refused(on_sqlite):
    (on_sqlite.data / "media").mkdir(exist_ok=True)
    refused = on_sqlite.manage("backup", "--to", str(on_sqlite.data / "media/backups"))
    assert refused.returncode == 1 and "is inside the uploads" in refused.stderr


@pytest.mark.nightly
def test_a_damaged_backup_is_refused_before_any_change(on_sqlite, copy):
    on_sqlite.run("decide('accept')")
    damaged = copy(on_sqlite.backup())
    content = bytearray((damaged / "database.sqlite3").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "database.sqlite3").write_bytes(content)
    before = (on_sqlite.data / "db.sqlite3").read_bytes()
    refused = on_sqlite.manage("restore", str(damaged), "--discard")
    assert refused.returncode == 1
    assert refused.stderr.endswith("database.sqlite3 is damaged: its checksum differs from the manifest.\n")
    assert (on_sqlite.data / "db.sqlite3").read_bytes() == before


@pytest.mark.nightly
def test_a_damaged_current_database_can_be_replaced_with_discard(on_sqlite):
    backup = on_sqlite.backup()
    (on_sqlite.data / "db.sqlite3").write_bytes(b"x" * 10_000)
    refused = on_sqlite.manage("restore", str(backup), "--replace")
    assert refused.returncode == 1 and "give --discard" in refused.stderr
    on_sqlite.manage("restore", str(backup), "--discard", check=True)
    assert on_sqlite.manage("verify_consents").returncode == 0


@pytest.mark.nightly
def test_missing_or_older_client_programs_of_postgresql_are_reported(on_postgresql, folder):
    only_python = folder / "bin"
    only_python.mkdir()
    only_python.chmod(0o755)
    on_postgresql.settings["PATH"] = str(only_python)
    missing = on_postgresql.manage("backup", "--to", str(on_postgresql.backups))
    assert missing.stderr.startswith("CommandError: No backup was written. pg_dump is missing: install the client")
    (only_python / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    (only_python / "pg_dump").chmod(0o755)
    older = on_postgresql.manage("backup", "--to", str(on_postgresql.backups))
    assert "pg_dump has version 9, but the server has version 18: install postgresql-client-18." in older.stderr
    assert not on_postgresql.complete_backups


@pytest.mark.nightly
def test_a_second_backup_at_the_same_time_is_refused(on_sqlite):
    on_sqlite.backups.mkdir()
    descriptor = os.open(on_sqlite.backups, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    refused = on_sqlite.manage("backup", "--to", str(on_sqlite.backups))
    os.close(descriptor)
    assert refused.returncode == 1 and "Another backup is being written to" in refused.stderr
