"""The database refuses to change, delete or replace records."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from consent.models import Decision
from tests.consent.visitors import press

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_decision SET action = 'accepted_all'",
        "DELETE FROM consent_decision",
        "UPDATE consent_noticeversion SET digest = 'x'",
        "DELETE FROM consent_noticeversion WHERE number = 1",
        "UPDATE consent_policyversion SET digest = 'x'",
        "DELETE FROM consent_policyversion WHERE number = 1",
    ],
)
def test_the_database_refuses_to_change_or_delete_records(client, statement):
    press(client, "refuse")
    with pytest.raises((IntegrityError, DatabaseError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no REPLACE")
@pytest.mark.parametrize("columns", ["id", "digest", "idempotency_key"])
def test_sqlite_refuses_to_replace_a_record(client, columns):
    press(client, "refuse", idempotency_key="0" * 32)
    names = [field.column for field in Decision._meta.fields]
    new = {"id": "99", "digest": "'x'", "idempotency_key": "''", "action": "'accepted_all'"}
    values = [name if name == columns else new.get(name, name) for name in names]
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(
            f"REPLACE INTO consent_decision ({', '.join(names)}) SELECT {', '.join(values)} FROM consent_decision"
        )
    assert Decision.objects.get().action == "refused_all"


def test_two_decisions_cannot_follow_the_same_one(client):
    press(client, "accept")
    press(client, "refuse")
    last, first = Decision.objects.all()
    fields = {f.attname: getattr(last, f.attname) for f in Decision._meta.fields if f.name != "id"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(**fields | {"predecessor": first.digest, "digest": "0" * 64})
