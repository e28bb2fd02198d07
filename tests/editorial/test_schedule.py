"""Scheduled publishing and unpublishing."""

import time
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from django.utils import timezone

from editorial.models import ScheduledChange
from pagecache.models import ContentVersion
from pages.models import Page
from tests.editorial.test_admin import address, filled_in
from tests.serving import Server

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def page():
    return Page.objects.get(kind="vision")


def schedule(item, at, *, is_published: bool) -> ScheduledChange:
    return ScheduledChange.objects.create(item=item, at=at, is_published=is_published)


def test_a_due_change_is_applied_once_and_changes_the_content_version(client, page):
    schedule(page, timezone.now() - HOUR, is_published=False)
    assert client.get("/en/vision/").status_code == 200
    before = ContentVersion.objects.current()
    assert ScheduledChange.objects.apply_due() == 1
    assert client.get("/en/vision/").status_code == 404
    assert ContentVersion.objects.current() != before
    assert ScheduledChange.objects.apply_due() == 0 and not ScheduledChange.objects.exists()


def test_a_change_that_is_not_due_is_not_applied(client, page):
    schedule(page, timezone.now() + HOUR, is_published=False)
    assert ScheduledChange.objects.apply_due() == 0
    assert client.get("/en/vision/").status_code == 200 and ScheduledChange.objects.exists()


def test_due_changes_are_applied_in_the_order_of_their_times(page):
    schedule(page, timezone.now() - HOUR, is_published=True)
    schedule(page, timezone.now() - 2 * HOUR, is_published=False)
    assert ScheduledChange.objects.apply_due() == 2
    page.refresh_from_db()
    assert page.is_published


def test_a_change_for_a_deleted_item_does_not_fail():
    page = Page.objects.create(title_en="A page", slug_en="a-page", kind="text")
    schedule(page, timezone.now() - HOUR, is_published=True)
    page.delete()
    assert ScheduledChange.objects.apply_due() == 1


def with_change(page, response, at, **more) -> dict:
    """Return the submitted fields of the form of a page with one more scheduled change."""
    rows = "editorial-scheduledchange-content_type-object_id"
    return filled_in(response) | {
        f"{rows}-TOTAL_FORMS": 1,
        f"{rows}-0-is_published": "False",
        f"{rows}-0-at": f"{timezone.localtime(at):%Y-%m-%dT%H:%M}",
        **more,
    }


def test_a_publisher_schedules_a_change_in_the_time_zone_of_the_site(client, staff, page):
    client.force_login(staff("Publishers"))
    at = timezone.now().replace(second=0, microsecond=0) + HOUR
    response = client.post(address(page), with_change(page, client.get(address(page)), at))
    assert response.status_code == 302, response.context["errors"]
    assert [(change.item, change.at) for change in ScheduledChange.objects.all()] == [(page, at)]
    assert f'value="{timezone.localtime(at):%Y-%m-%dT%H:%M}"' in client.get(address(page)).content.decode()


def test_an_applied_change_is_in_the_history_of_the_item(client, staff, page):
    client.force_login(staff("Publishers"))
    at = timezone.now() + HOUR
    client.post(address(page), with_change(page, client.get(address(page)), at))
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    ScheduledChange.objects.apply_due()
    history = f"{address(page).removesuffix('change/')}history/"
    assert "Changed shown on the site for scheduled change" in client.get(history).content.decode()
    client.cookies["django_language"] = "de"
    assert "geplante Änderung" in client.get(history).content.decode()


def test_a_time_in_the_past_is_refused_and_stays_in_the_form(client, staff, page):
    client.force_login(staff("Publishers"))
    at = timezone.now() - HOUR
    text = client.post(address(page), with_change(page, client.get(address(page)), at)).content.decode()
    assert "Choose a time in the future." in text
    assert f'value="{timezone.localtime(at):%Y-%m-%dT%H:%M}"' in text
    assert not ScheduledChange.objects.exists()


def test_a_form_without_the_schedule_can_be_saved_and_keeps_scheduled_changes(client, staff, page):
    client.force_login(staff("Publishers"))
    schedule(page, timezone.now() + HOUR, is_published=False)
    sent = filled_in(client.get(address(page)), title_en="Another heading")
    sent = {name: value for name, value in sent.items() if "scheduledchange" not in name}
    assert client.post(address(page), sent).status_code == 302
    page.refresh_from_db()
    assert page.title_en == "Another heading" and ScheduledChange.objects.count() == 1


@pytest.mark.parametrize("group", ["Editors", "Translators"])
def test_users_who_may_not_publish_cannot_schedule_changes(client, staff, page, group):
    client.force_login(staff(group))
    response = client.get(address(page))
    assert "scheduledchange" not in response.content.decode()
    client.post(address(page), with_change(page, response, timezone.now() + HOUR))
    assert not ScheduledChange.objects.exists()


SCHEDULE = """
from django.utils import timezone
from editorial.models import ScheduledChange
from pages.models import Page
ScheduledChange.objects.create(item=Page.objects.get(kind="vision"), at=timezone.now(), is_published=False)
"""


@pytest.mark.once
def test_a_running_server_applies_due_changes(prepared, tmp_path):
    prepared("sqlite", tmp_path)
    site = Server(tmp_path / "data", {})
    site.start()
    try:
        urllib.request.urlopen(f"{site.url}/en/vision/").close()
        site.manage("shell", "-v", "0", "-c", SCHEDULE, check=True)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            for _ in range(200):
                urllib.request.urlopen(f"{site.url}/en/vision/").close()
                time.sleep(0.1)
    finally:
        site.stop()
