"""Rate limit of decisions: high enough for a campus, and never for withdrawals."""

import pytest
from django.db import DatabaseError
from django.test import Client

from consent.models import Decision
from consent.views import DECISIONS
from tests.consent.factories import make_counter
from tests.consent.visitors import press as send

pytestmark = pytest.mark.django_db
IDEMPOTENCY_KEY = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.fixture
def limit_reached():
    """The address of the test client has reached the limit."""
    for _ in range(DECISIONS.limit):
        assert DECISIONS.take("127.0.0.1")


def press(action: str, browser: Client | None = None, **data):
    return send(browser or Client(), action, "/en/", **data)


def test_hundreds_of_decisions_from_one_campus_are_accepted():
    assert DECISIONS.limit >= 500
    for _ in range(20):
        assert press("accept").status_code == 303
    assert DECISIONS.count("127.0.0.1") == 20


def test_over_the_limit_nothing_is_recorded_and_the_choice_can_be_sent_again(limit_reached):
    boxes = {"purposes": ["functional"], "providers": ["openstreetmap"], "shown": ["functional"]}
    response = press("choose", idempotency_key=IDEMPOTENCY_KEY, **boxes)
    html = response.content.decode()
    assert response.status_code == 429 and 0 < int(response["Retry-After"]) <= 600
    assert "Too many choices came from your network." in html
    assert 'name="action" value="choose"' in html
    assert all(f'name="{name}" value="{value}"' in html for name, (value,) in boxes.items())
    assert f'name="idempotency_key" value="{IDEMPOTENCY_KEY}"' in html
    assert "cookie_consent" not in response.cookies
    assert not Decision.objects.exists()


def test_the_limit_does_not_affect_another_address(limit_reached):
    assert press("accept", Client(REMOTE_ADDR="198.51.100.7")).status_code == 303


@pytest.mark.parametrize(("action", "data"), [("withdraw", {}), ("refuse", {}), ("choose", {"providers": ["counter"]})])
def test_a_withdrawal_is_never_refused(decide, action, data):
    make_counter()
    browser = Client()
    decide("accept", browser)
    while DECISIONS.take("127.0.0.1"):
        pass
    assert press(action, browser, **data).status_code == 303
    assert Decision.objects.count() == 2
    # A second time it takes nothing back.
    assert press(action, browser, **data).status_code == 429
    assert press("accept", browser).status_code == 429


def test_an_unknown_receipt_does_not_bypass_the_limit(limit_reached, decide):
    browser = Client()
    browser.cookies["cookie_consent"] = "openstreetmap=2026-01-01T00:00:00+00:00|notice=1"
    browser.cookies["cookie_consent_receipt"] = "AAAA-AAAA-AAAA-AAAA"
    assert press("withdraw", browser).status_code == 429
    assert not Decision.objects.exists()


def test_a_failed_decision_logs_the_cause_and_nothing_of_the_visitor(monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise DatabaseError("disk is full\nDETAIL: AAAA-AAAA")

    monkeypatch.setattr(type(Decision.objects.all()), "record", fail)
    assert press("accept", idempotency_key=IDEMPOTENCY_KEY).status_code == 503
    assert "A decision could not be recorded: DatabaseError: disk is full" in caplog.messages
    assert "AAAA" not in caplog.text and IDEMPOTENCY_KEY not in caplog.text
