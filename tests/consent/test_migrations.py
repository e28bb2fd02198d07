"""Migrations with existing records."""

import pytest

pytestmark = pytest.mark.once
DECIDE = """
from consent.models import Decision, NoticeVersion, Seal
version = NoticeVersion.objects.current()
receipt = ""
for action, granted in [("accepted_all", True), ("withdrawn", False)]:
    answers = dict.fromkeys(version.optional_providers, granted)
    receipt = Decision.objects.record(
        notice=version,
        language="pl",
        action=action,
        answers=answers,
        path="/pl/",
        has_objection_signal=False,
        receipt=receipt,
    ).receipt
Seal.objects.seal_waiting()
"""
FORGE = """
from django.db import DatabaseError
from consent.models import Decision
try:
    print(Decision.objects.update(path="/"))
except DatabaseError as error:
    print(error)
"""


@pytest.mark.nightly
def test_migrations_can_be_reversed_and_repeated_without_losing_records(server):
    server.manage("shell", "-v", "0", "-c", DECIDE, check=True)
    exported = server.manage("export_consents", check=True).stdout
    assert len(exported.splitlines()) == 2
    server.manage("migrate", "consent", "0001", "-v", "0", check=True)
    server.manage("migrate", "-v", "0", check=True)
    assert server.manage("export_consents", check=True).stdout == exported
    assert server.manage("verify_consents").returncode == 0
    assert "append-only" in server.manage("shell", "-v", "0", "-c", FORGE, check=True).stdout
