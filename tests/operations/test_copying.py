"""Copy of an SQLite database into PostgreSQL."""

import shutil

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from tests.operations.test_drill import SEAL

pytestmark = pytest.mark.once
ACCOUNT = "from django.contrib.auth.models import User; User.objects.create_superuser('root', password='x' * 20)\n"
# A row after the copy, whose key the sequence gives, and whether triggers work again.
CHANGE = """
from django.contrib.auth.models import User
from django.db import DatabaseError
from consent.models import Decision
User.objects.create_user("second")
decide("refuse")
try:
    Decision.objects.update(language="xx")
    print("The consent record can be changed.")
except DatabaseError:
    print(User.objects.count(), Decision.objects.count())
"""
CONTENTS = """
from operations.databases import own_database
print({table: count for table, count in own_database().contents().rows.items() if table != "django_migrations"})
"""


@pytest.mark.nightly
def test_all_rows_are_copied_and_the_consent_record_verifies(on_sqlite, on_postgresql):
    on_sqlite.run(f"decide('accept'); {SEAL}{ACCOUNT}")
    file = shutil.copy(on_sqlite.data / "db.sqlite3", on_postgresql.data / "copied.sqlite3")
    shutil.copy(on_sqlite.data / "consent_seal_key", on_postgresql.data)
    shutil.copy(on_sqlite.data / "newest_seal.txt", on_postgresql.data)
    outcome = on_postgresql.manage("copy_database", file, check=True)
    assert "rows were copied" in outcome.stdout
    assert on_postgresql.run(CONTENTS) == on_sqlite.run(CONTENTS)
    on_postgresql.manage("verify_consents", check=True)
    assert on_postgresql.run(CHANGE) == "2 2\n"
    on_postgresql.manage("prepare", check=True)
    refused = on_postgresql.manage("copy_database", file)
    assert refused.stderr.startswith("CommandError: Nothing was copied. The PostgreSQL database has staff accounts")


@pytest.mark.parametrize(
    ("message", "shown"), [("duplicate key\nDETAIL: Key (email)=(jan@example.org)", "duplicate key"), ("", "")]
)
def test_an_error_of_the_database_is_reported_without_values_of_a_row(monkeypatch, message, shown):
    def fail(file):
        raise DatabaseError(message)

    monkeypatch.setattr("operations.management.commands.copy_database.check", fail)
    with pytest.raises(CommandError) as failure:
        call_command("copy_database", "db.sqlite3")
    assert str(failure.value) == f"Nothing was copied: {shown}"


@pytest.mark.nightly
def test_nothing_is_copied_to_sqlite(on_sqlite):
    refused = on_sqlite.manage("copy_database", str(on_sqlite.data / "db.sqlite3"))
    assert refused.stderr == (
        "CommandError: Nothing was copied. DATABASE_URL is not for PostgreSQL: set it to the database to copy to.\n"
    )
