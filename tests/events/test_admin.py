"""The list of events in the admin."""

import pytest
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_past_event_is_not_named_like_a_past_revision(client, staff):
    client.force_login(staff("Publishers"))
    html = client.get(reverse("admin:events_event_changelist"), headers={"Accept-Language": "fi"}).content.decode()
    assert '<td class="field-state">päättynyt</td>' in html and "aiempi versio" not in html
