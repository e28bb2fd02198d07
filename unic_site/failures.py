"""Sentences for failures of commands whose cause is the database or a file of the installation."""

import errno
import getpass
import os
import pwd
import sqlite3
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from psycopg_pool import PoolTimeout

FULL = (errno.ENOSPC, errno.EDQUOT)
# Results of SQLite that mean that the file is damaged.
DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
DISK_IS_FULL = "See docs/deployment.md, “The disk is full”."


def explanation(error: DatabaseError | OSError) -> str:
    """Return a sentence with the cause and the remedy, or "" for an error of the program."""
    if isinstance(error, OSError):
        return file_explanation(error)
    cause = error.__cause__
    # The lower byte is the kind of the error.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in DAMAGED:
        name = connection.settings_dict["NAME"]
        return f"The database {name} is damaged: restore a backup. See docs/deployment.md, “Restore”."
    if code == sqlite3.SQLITE_FULL or isinstance(cause, psycopg.errors.DiskFull):
        return f"There is no space left for the database. {DISK_IS_FULL}"
    if not isinstance(error, OperationalError):
        return ""
    return f"The database cannot be used: {connection_error(error)}. See docs/deployment.md, “The database is away”."


def connection_error(error: OperationalError) -> str:
    """Return the first line of the message. Further lines can contain values of a row."""
    message = str(error)
    if isinstance(error.__cause__, PoolTimeout):
        # The pool does not say why its attempts failed.
        try:
            psycopg.connect(**connection.get_connection_params()).close()
        except psycopg.Error as reason:
            message = str(reason)
    password = connection.settings_dict["PASSWORD"]
    if password:
        message = message.replace(password, "…")
    return message.strip().partition("\n")[0].rstrip(".")


def file_explanation(error: OSError) -> str:
    if error.errno in FULL:
        return f"There is no space left for {error.filename or settings.DATA_DIR}. {DISK_IS_FULL}"
    if not isinstance(error, PermissionError) or not isinstance(error.filename, str | Path):
        return ""
    path = Path(error.filename)
    if settings.DATA_DIR not in path.parents:
        return ""
    for each in (path, *path.parents):
        try:
            owner = each.stat().st_uid
        except OSError:
            # It does not exist, or it is in a folder that this user cannot enter.
            continue
        if owner != os.geteuid():
            return f"{each} belongs to {name_of(owner)}: chown -R {getpass.getuser()}: {settings.DATA_DIR}"
    return ""


def name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"the user {user}"
