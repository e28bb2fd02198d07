"""The contact for reports of vulnerabilities (RFC 9116)."""

from datetime import UTC, datetime, timedelta

import pytest

from alliance.models import Alliance

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PATH = "/.well-known/security.txt"


def fields(response) -> dict[str, str]:
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    return dict(line.split(": ", 1) for line in response.content.decode().splitlines())


def test_it_names_the_contact_of_the_alliance_and_its_own_address(client):
    found = fields(client.get(PATH))
    assert found["Contact"] == f"mailto:{Alliance.objects.get().contact}"
    assert found["Canonical"] == f"http://testserver{PATH}"
    assert found["Preferred-Languages"] == "en"


def test_it_expires_within_a_year_and_is_never_outdated(client):
    response = client.get(PATH)
    expires_at = datetime.fromisoformat(fields(response)["Expires"])
    assert timedelta(days=90) < expires_at - datetime.now(UTC) < timedelta(days=365)
    assert response["Cache-Control"] == "no-cache"


def test_without_a_contact_there_is_none(client):
    Alliance.objects.update(contact="")
    assert client.get(PATH).status_code == 404
