"""The log of third parties that are switched off, which takes effect at once and whatever way it took."""

import shutil
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from consent.models import AccessEntry, NoticeVersion, Provider, Purpose, Script
from editorial import roles
from editorial.content_files import load
from editorial.models import ScheduledChange
from tests.consent.factories import make_counter, make_video, put_in_force
from tests.editorial.test_admin import address, list_address, save

pytestmark = pytest.mark.django_db
OFFICER = "Privacy officers"


@pytest.fixture
def officer(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    return client


@pytest.fixture
def counter():
    return make_counter()


def logged() -> list[tuple[str, str]]:
    return list(AccessEntry.objects.filter(action="narrow").order_by("pk").values_list("staff", "details"))


def test_a_provider_unpublished_in_its_form_is_logged_without_a_version(officer, counter):
    before = NoticeVersion.objects.current()
    html = save(officer, counter.provider, is_published="").content.decode()
    assert logged() == [(OFFICER, "provider counter")]
    assert AccessEntry.objects.get(action="narrow").at > timezone.now() - timedelta(minutes=1)
    assert NoticeVersion.objects.current() == before
    assert "A third party that you switched off stops loading at once." in html
    assert "switched third parties off" in officer.get("/admin/consent/accessentry/").content.decode()


def test_a_script_deleted_from_the_list_is_logged(officer, counter):
    data = {"action": "delete_selected", "_selected_action": [counter.pk], "post": "yes"}
    assert officer.post(list_address(Script), data).status_code == 302
    assert logged() == [(OFFICER, "script counter (provider counter)")]


def test_an_embed_unpublished_in_its_form_is_logged(officer):
    video = make_video()
    save(officer, video, is_published="")
    assert logged() == [(OFFICER, f"embeddedcontent {video.key} (provider video)")]


def test_an_embed_deleted_in_the_admin_is_logged(officer):
    video = make_video()
    officer.post(address(video, "delete"), {"post": "yes"})
    assert logged() == [(OFFICER, f"embeddedcontent {video.key} (provider video)")]


def test_a_host_that_is_removed_is_logged(officer, counter):
    hosts = "https://stats.example\nhttps://in.stats.example"
    save(officer, counter.provider, hosts=hosts)
    stopped = "host https://img.stats.example (provider counter), script counter (provider counter)"
    assert logged() == [(OFFICER, stopped)]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "change",
    [{"attributes": "data-site=5"}, {"configuration": '{"site": 5}'}, {"connects_to": "https://in.stats.example"}],
)
def test_a_script_that_changes_from_what_the_notice_in_force_names_is_logged(officer, counter, change):
    named = {name: getattr(counter, name) for name in change}
    save(officer, counter, **change)
    assert logged() == [(OFFICER, "script counter (provider counter)")]
    # It is off until the change is taken back, or until a version names it.
    save(officer, counter, is_published="")
    save(officer, counter, is_published="on", **named)
    assert len(logged()) == 1
    save(officer, counter, **change)
    put_in_force()
    save(officer, counter, **named)
    assert len(logged()) == 3


def test_an_embed_that_moves_to_a_host_that_the_notice_in_force_does_not_name_is_logged(officer):
    video = make_video()
    Provider.objects.filter(key="video").update(hosts=f"{video.provider.hosts}\nhttps://new.example")
    save(officer, video, frame_url="https://new.example/1")
    assert logged() == [(OFFICER, f"embeddedcontent {video.key} (provider video)")]


def test_a_provider_moved_to_another_purpose_is_not_off(officer, counter):
    save(officer, counter.provider, purpose=Purpose.objects.get(key="functional").pk)
    assert logged() == []


def test_a_purpose_that_is_unpublished_switches_off_its_providers(officer, counter):
    save(officer, Purpose.objects.get(key="statistics"), is_published="")
    assert logged() == [(OFFICER, "provider counter")]


def test_a_scheduled_change_is_logged_in_the_name_of_its_planner(staff, counter):
    change = {"item": counter.provider, "at": timezone.now() - timedelta(hours=1), "is_published": False}
    ScheduledChange.objects.create(**change, planned_by=staff(roles.PRIVACY_OFFICERS))
    ScheduledChange.objects.apply_due()
    assert logged() == [(OFFICER, "provider counter")]


@pytest.mark.nightly
def test_a_change_of_the_content_files_is_logged_as_of_the_system(tmp_path):
    folder = tmp_path / "content"
    shutil.copytree(settings.CONTENT_DIR, folder)
    host = Provider.objects.get(key="openstreetmap").origins[-1]
    english = folder / "en.toml"
    text = english.read_text()
    assert f"\n{host}" in text
    english.write_text(text.replace(f"\n{host}", "", 1))
    load(folder)
    assert logged() == [("system", f"host {host} (provider openstreetmap)")]


def test_switching_on_and_other_changes_are_not_logged_as_narrowing(officer, counter):
    save(officer, counter, is_published="")
    save(officer, counter, is_published="on", name="Count")
    save(officer, counter.provider, data_en="Everything.")
    assert logged() == [(OFFICER, "script counter (provider counter)")]
