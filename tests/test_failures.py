"""Failures of commands whose cause is the database or a file end with a sentence that names the remedy."""

import errno
import os
import pwd
import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, connections
from psycopg_pool import PoolTimeout

from unic_site.failures import explanation

pytestmark = pytest.mark.once


def caused_by(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def sqlite_error(statement: str, file) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as raised:
        sqlite3.connect(file).execute(statement)
    return raised.value


def test_a_damaged_sqlite_file_is_reported(tmp_path):
    (tmp_path / "db.sqlite3").write_bytes(b"x" * 10_000)
    error = sqlite_error("SELECT * FROM sqlite_master", tmp_path / "db.sqlite3")
    sentence = explanation(caused_by(DatabaseError(str(error)), error))
    assert sentence.startswith("The database ") and "is damaged: restore a backup." in sentence


def test_a_full_disk_is_not_reported_as_an_absent_database(tmp_path, settings):
    database = sqlite3.connect(tmp_path / "db.sqlite3")
    database.execute("PRAGMA max_page_count=1")
    with pytest.raises(sqlite3.OperationalError) as raised:
        database.execute("CREATE TABLE t (a)")
    full = caused_by(OperationalError("database or disk is full"), raised.value)
    others = caused_by(OperationalError("could not extend file"), psycopg.errors.DiskFull("could not extend file"))
    for error in (full, others, OSError(errno.ENOSPC, "No space left on device", "/srv/unic/data/static/a.css")):
        sentence = explanation(error)
        assert sentence.startswith("There is no space left for ") and "“The disk is full”" in sentence


def test_a_timeout_of_the_pool_is_replaced_by_the_reason_without_the_password(monkeypatch):
    def refuse(**parameters):
        raise psycopg.OperationalError('FATAL:  role "secret" does not exist\nof secret')

    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setattr(type(connections["default"]), "get_connection_params", lambda self: {})
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "secret")
    timeout = PoolTimeout("couldn't get a connection after 5.00 sec")
    sentence = explanation(caused_by(OperationalError(str(timeout)), timeout))
    assert sentence.startswith('The database cannot be used: FATAL:  role "…" does not exist. See docs/deployment.md')


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_reported_with_its_owner(tmp_path, settings):
    data = settings.DATA_DIR = tmp_path / "data"
    (data / "static").mkdir(parents=True)
    os.chown(data / "static", pwd.getpwnam("nobody").pw_uid, -1)
    error = PermissionError(errno.EACCES, "Permission denied", str(data / "static/css/site.css"))
    assert explanation(error) == f"{data}/static belongs to nobody: chown -R root: {data}"


def test_errors_of_the_program_keep_their_traceback(tmp_path):
    assert explanation(DatabaseError("syntax error")) == ""
    assert explanation(FileNotFoundError(errno.ENOENT, "No such file or directory", "/x")) == ""
    assert explanation(PermissionError(errno.EACCES, "Permission denied", "/x")) == ""
