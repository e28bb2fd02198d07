"""Fixtures for tests of consent."""

import pytest
from django.db import connection
from django.test import Client

from consent.models import Decision
from tests.consent.visitors import press as send

PROTECTED = ("decision", "leaf", "seal", "erasure", "noticeversion", "policyversion", "restoration")


@pytest.fixture
def decide():
    """Function that sends a decision, from a new visitor or from the given browser."""

    def press(action: str = "accept", browser: Client | None = None, **data) -> Decision:
        browser = browser or Client()
        response = send(browser, action, "/en/", **data)
        assert response.status_code == 303
        return Decision.objects.order_by("pk").last()

    return press


@pytest.fixture
def tamper():
    """Function that runs SQL without the triggers, as an attacker with full access to the database would."""

    def run(statement: str, *parameters):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for table in PROTECTED:
                    cursor.execute(f"ALTER TABLE consent_{table} DISABLE TRIGGER ALL")
            else:
                cursor.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'consent_%'"
                )
                dropped = dict(cursor.fetchall())
                for name in dropped:
                    cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(statement, parameters)
            if connection.vendor == "postgresql":
                for table in PROTECTED:
                    cursor.execute(f"ALTER TABLE consent_{table} ENABLE TRIGGER ALL")
            else:
                for definition in dropped.values():
                    cursor.execute(definition)

    return run
