"""Fixtures for tests of consent."""

import pytest
from django.test import Client

from consent.models import Decision

SAME_SITE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def decide():
    """Function that sends a decision, from a new visitor or from the given browser."""

    def press(action: str = "accept", browser: Client | None = None, **data) -> Decision:
        browser = browser or Client()
        response = browser.post("/en/cookies/decide/", {"action": action, "next": "/en/"} | data, headers=SAME_SITE)
        assert response.status_code == 303
        return Decision.objects.order_by("pk").last()

    return press
