"""What tests of consent share: a visitor who decides."""

import pytest
from django.test import Client

from consent.models import Decision

SAME_SITE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def decide():
    """A function by which a visitor presses a button: a new visitor, or the one whose browser is given."""

    def press(action: str = "accept", browser: Client | None = None, **data) -> Decision:
        browser = browser or Client()
        response = browser.post("/en/cookies/decide/", {"action": action, "next": "/en/"} | data, headers=SAME_SITE)
        assert response.status_code == 303
        return Decision.objects.order_by("pk").last()

    return press
