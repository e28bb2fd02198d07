"""Publishing a draft and taking an item off at a planned time."""

import re
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alliance.models import Deliverable
from consent.models import Provider
from editorial import roles
from editorial.acting import acting_as
from editorial.models import Revision, ScheduledChange
from editorial.revisions import snapshots
from pagecache.models import ContentVersion
from pages.models import Page
from tests.editorial.test_admin import address, filled_in
from tests.serving import Server

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LIST = "/admin/editorial/scheduledchange/"
CALENDAR = f"{LIST}calendar/"
State = ScheduledChange.State


@pytest.fixture
def page():
    with Revision.objects.recorded():
        pass
    return Page.objects.get(kind="vision")


@pytest.fixture
def publisher(staff):
    user = staff(roles.PUBLISHERS)
    user.email = "publisher@unic.example"
    user.save()
    return user


@pytest.fixture
def editor(staff):
    return staff(roles.EDITORS)


@pytest.fixture
def mailed(django_capture_on_commit_callbacks):
    """A function that calls another and returns the mails that were sent after its transaction."""

    def call(function, *args):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            function(*args)
        return mail.outbox

    return call


def draft_with(item, user=None, **values) -> Revision:
    """Save the live values of `item` with `values` as its draft."""
    before = Revision.objects.draft_of(item)
    data = before.data if before else snapshots.take(type(item), [item.pk])[item.pk]
    data = data | {snapshots.ITEM: data[snapshots.ITEM] | values}
    with acting_as(lambda: user.get_username() if user else ""):
        return Revision.objects.save_draft(item, data)


def plan(item, at=None, *, is_published: bool, **more) -> ScheduledChange:
    return ScheduledChange.objects.plan(item, at or timezone.now() - HOUR, is_published=is_published, **more)


def title(client, page) -> str:
    return re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", client.get(page.get_absolute_url()).content.decode(), re.S)[1]


# Effects of a due change


def test_a_due_change_is_applied_once_and_changes_the_content_version(client, page):
    plan(page, is_published=False)
    assert client.get("/en/vision/").status_code == 200
    before = ContentVersion.objects.current()
    assert ScheduledChange.objects.apply_due() == 1
    assert client.get("/en/vision/").status_code == 404
    assert ContentVersion.objects.current() != before
    assert ScheduledChange.objects.apply_due() == 0 and not ScheduledChange.objects.exists()


def test_a_change_that_another_process_applies_is_not_applied_again(page):
    change = plan(page, is_published=False)
    assert change.carry_out()
    page.is_published = True
    page.save()
    assert not change.carry_out()
    page.refresh_from_db()
    assert page.is_published


def test_a_change_that_is_not_due_is_not_applied(client, page):
    plan(page, timezone.now() + HOUR, is_published=False)
    assert ScheduledChange.objects.apply_due() == 0
    assert client.get("/en/vision/").status_code == 200 and ScheduledChange.objects.exists()


def test_a_scheduled_draft_goes_live_at_its_time_and_writes_only_what_it_changed(client, page, publisher):
    draft_with(page, title_en="The new vision")
    change = plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    Page.objects.filter(pk=page.pk).update(title_pl="Poprawiony tytuł", lead_en="Corrected lead.")
    assert ScheduledChange.objects.apply_due() == 0 and title(client, page) != "The new vision"
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    assert ScheduledChange.objects.apply_due() == 1
    page.refresh_from_db()
    assert (page.title_en, page.title_pl, page.lead_en) == ("The new vision", "Poprawiony tytuł", "Corrected lead.")
    live = Revision.objects.of(page).live().get()
    assert live.author == publisher and "As scheduled for" in live.comment
    assert Revision.objects.draft_of(page) is None
    assert LogEntry.objects.filter(object_id=str(page.pk), user=change.planned_by).exists()


def test_a_new_item_is_published_and_taken_off_as_planned(client):
    texts = {"title_en": "A page", "short_title_en": "A page", "description_en": "About it."}
    with Revision.objects.recorded():
        page = Page.objects.create(**texts, slug_en="a-page", kind="text", is_published=False)
    plan(page, timezone.now() - 2 * HOUR, is_published=True)
    plan(page, timezone.now() + HOUR, is_published=False)
    assert ScheduledChange.objects.apply_due() == 1 and client.get("/en/a-page/").status_code == 200
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    assert ScheduledChange.objects.apply_due() == 1 and client.get("/en/a-page/").status_code == 404
    assert Revision.objects.draft_of(page).base is None


def test_a_change_of_a_deleted_item_does_not_fail(page):
    page = Page.objects.create(title_en="A page", slug_en="a-page", kind="text")
    plan(page, is_published=False)
    page.delete()
    ScheduledChange.objects.apply_due()
    assert not ScheduledChange.objects.exists()


def test_kinds_without_drafts_are_shown_and_taken_off_as_planned():
    provider = Provider.objects.first()
    for is_published in (False, True):
        plan(provider, is_published=is_published)
        assert ScheduledChange.objects.apply_due() == 1
        provider.refresh_from_db()
        assert provider.is_published is is_published


# Reasons that stop it


def test_a_value_that_changed_on_both_sides_stops_the_schedule_and_tells_its_owner(mailed, page, publisher):
    draft_with(page, title_en="The new vision")
    plan(page, is_published=True, planned_by=publisher, url="https://unic.example/plan/")
    Page.objects.filter(pk=page.pk).update(title_en="Another title")
    (sent,) = mailed(ScheduledChange.objects.apply_due)
    assert sent.to == ["publisher@unic.example"] and sent.subject.startswith("To do: Publish: ")
    assert "changed the same values" in sent.body and "https://unic.example/plan/" in sent.body
    page.refresh_from_db()
    assert page.title_en == "Another title" and Revision.objects.draft_of(page).data[""]["title_en"] == "The new vision"
    assert [change.state for change in ScheduledChange.objects.to_resolve(publisher)] == [State.CONFLICT]
    assert not ScheduledChange.objects.upcoming(publisher)
    assert not mailed(ScheduledChange.objects.apply_due)


def test_a_draft_that_the_database_refuses_stops_the_schedule(mailed, page, publisher):
    other = Page.objects.create(title_en="Other", slug_en="taken", kind="text")
    page = Page.objects.create(title_en="Mine", slug_en="mine", kind="text")
    with Revision.objects.recorded():
        pass
    draft_with(page, key=other.key)
    plan(page, is_published=True, planned_by=publisher)
    (sent,) = mailed(ScheduledChange.objects.apply_due)
    assert "contradicts other content" in sent.body
    assert ScheduledChange.objects.get().state == State.REFUSED


def test_a_change_of_the_draft_must_be_confirmed_and_its_owner_is_told_at_once(mailed, page, publisher, editor):
    draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft_with(page, editor, title_en="The newest vision")
    (sent,) = mailed(ScheduledChange.objects.apply_due)
    assert "is not published unless" in sent.body
    assert not mailed(ScheduledChange.objects.apply_due), "once"
    assert [change.state for change in ScheduledChange.objects.to_resolve(publisher)] == [State.CHANGED]
    assert ScheduledChange.objects.upcoming(publisher)
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    (sent,) = mailed(ScheduledChange.objects.apply_due)
    assert "nobody confirmed it" in sent.body
    page.refresh_from_db()
    assert page.title_en != "The newest vision" and ScheduledChange.objects.get().state == State.MISSED


def test_a_change_by_a_publisher_and_translations_by_translators_need_no_confirmation(page, publisher, staff):
    translator = staff("Translators")
    draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft_with(page, translator, title_pl="Nowa wizja")
    draft_with(page, publisher, title_en="The newest vision")
    ScheduledChange.objects.follow_drafts()
    draft_with(page, translator, title_de="Die neue Vision")
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    assert ScheduledChange.objects.apply_due() == 1
    page.refresh_from_db()
    assert (page.title_en, page.title_pl, page.title_de) == ("The newest vision", "Nowa wizja", "Die neue Vision")


@pytest.mark.parametrize("field", ["title_pl", "title_fr"])
def test_a_translation_by_an_editor_must_be_confirmed_also_if_a_translator_saves_after_it(
    page, publisher, editor, staff, field
):
    Page.objects.filter(pk=page.pk).update(title_fr="")
    Revision.objects.record()
    page.refresh_from_db()
    draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft_with(page, editor, **{field: "Unchecked"})
    draft_with(page, staff("Translators: Deutsch"), title_de="Die neue Vision")
    ScheduledChange.objects.update(at=timezone.now() - HOUR)
    assert ScheduledChange.objects.apply_due() == 0
    assert ScheduledChange.objects.get().state == State.MISSED


def test_a_translation_by_an_editor_that_a_translator_replaced_needs_no_confirmation(page, publisher, editor, staff):
    draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft_with(page, editor, title_pl="Unchecked")
    draft_with(page, staff("Translators: Polski"), title_pl="Nowa wizja")
    ScheduledChange.objects.follow_drafts()
    assert ScheduledChange.objects.get().state == State.PLANNED


def test_a_translation_by_a_publisher_does_not_confirm_what_an_editor_changed(page, publisher, editor):
    draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft_with(page, editor, title_en="Unseen")
    ScheduledChange.objects.follow_drafts()
    draft_with(page, publisher, title_pl="Nowa wizja")
    ScheduledChange.objects.follow_drafts()
    assert ScheduledChange.objects.get().state == State.CHANGED


def test_a_discarded_draft_stops_the_schedule_and_a_published_one_ends_it(mailed, page, publisher):
    draft = draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft.close()
    (sent,) = mailed(ScheduledChange.objects.apply_due)
    assert "discarded" in sent.body and ScheduledChange.objects.get().state == State.DISCARDED
    draft = draft_with(page, title_en="The new vision")
    plan(page, timezone.now() + HOUR, is_published=True, planned_by=publisher)
    draft.publish()
    assert not mailed(ScheduledChange.objects.apply_due) and not ScheduledChange.objects.exists()


def test_a_reminder_is_mailed_once(mailed, page, publisher):
    at = timezone.now() + HOUR
    plan(page, at, is_published=False, planned_by=publisher, remind_at=timezone.now() - timedelta(minutes=1))
    (sent,) = mailed(ScheduledChange.objects.send_reminders)
    assert sent.subject.startswith("Reminder: Take off the site: ") and "time zone Europe/Warsaw" in sent.body
    assert not mailed(ScheduledChange.objects.send_reminders)


def test_an_unreachable_mail_server_does_not_stop_the_schedule(mailed, page, publisher, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    draft_with(page, title_en="The new vision")
    plan(page, is_published=True, planned_by=publisher)
    Page.objects.filter(pk=page.pk).update(title_en="Another title")
    mailed(ScheduledChange.objects.apply_due)
    assert ScheduledChange.objects.get().state == State.CONFLICT


# The pages


def schedule_page(item) -> str:
    return f"{address(item).removesuffix('change/')}schedule/"


def local(at) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def submit(client, item, action, at, **more):
    return client.post(schedule_page(item), {"plan": action, "at": at, "reminder": "", **more}, follow=True)


def test_a_publisher_plans_in_the_time_zone_of_the_site_changes_the_plan_and_removes_it(client, page, publisher):
    client.force_login(publisher)
    form = client.get(address(page)).content.decode()
    assert f'href="{schedule_page(page)}"' in form
    at = timezone.now().replace(second=0, microsecond=0) + 48 * HOUR
    text = submit(client, page, "take-off", local(at), reminder="24").content.decode()
    assert "Planned. Take off the site: " in text and "time zone Europe/Warsaw" in text
    assert f'value="{local(at)}"' in text and '<option value="24" selected>' in text
    change = ScheduledChange.objects.get()
    assert (change.item, change.at, change.planned_by) == (page, at, publisher)
    assert change.remind_at == at - 24 * HOUR and change.url == f"http://testserver{schedule_page(page)}"
    submit(client, page, "take-off", local(at + HOUR))
    assert ScheduledChange.objects.get().at == at + HOUR
    assert "planned by Publishers" in client.get(address(page)).content.decode()
    submit(client, page, "take-off", "", cancel="")
    assert not ScheduledChange.objects.exists()


def test_scheduling_a_changed_draft_again_confirms_it(client, page, publisher, editor):
    client.force_login(publisher)
    draft_with(page, title_en="The new vision")
    at = local(timezone.now() + HOUR)
    submit(client, page, "publish", at)
    draft = draft_with(page, editor, title_en="The newest vision")
    ScheduledChange.objects.follow_drafts()
    assert "schedule it again" in client.get(address(page)).content.decode()
    submit(client, page, "publish", at)
    assert (ScheduledChange.objects.get().state, ScheduledChange.objects.get().revision) == (State.PLANNED, draft)


def test_a_draft_that_changed_after_the_page_was_opened_is_not_scheduled_unseen(client, page, publisher, editor):
    client.force_login(publisher)
    draft_with(page, title_en="The new vision")
    shown = client.get(schedule_page(page)).context["shown_draft"]
    draft_with(page, editor, title_en="Unseen")
    response = submit(client, page, "publish", local(timezone.now() + HOUR), shown_draft=shown)
    assert "after you opened this page" in response.content.decode() and not ScheduledChange.objects.exists()
    submit(client, page, "publish", local(timezone.now() + HOUR), shown_draft=response.context["shown_draft"])
    assert ScheduledChange.objects.exists()


REFUSED = [
    ("take-off", "2020-01-01T10:00", "", "Choose a time in the future."),
    ("take-off", "9999-12-31T23:59", "", "Choose a year before 3000."),
    ("take-off", "", "", "This field is required."),
    ("take-off", "tomorrow", "", "Enter a valid date/time."),
    ("publish", "2100-01-01T10:00", "", "There is nothing to publish: the item has no draft."),
    ("take-off", "2100-03-28T02:30", "", "the clock jumps from 02:00 to 03:00. Choose a time before 02:00, or 03:00"),
    ("take-off", "2100-10-31T02:30", "", "the clock goes back from 03:00 to 02:00. Choose a time before 02:00, or"),
]


@pytest.mark.parametrize(("action", "at", "reminder", "message"), REFUSED)
def test_a_time_that_cannot_be_is_refused_with_the_reason_and_stays_in_the_form(
    client, page, publisher, action, at, reminder, message
):
    client.force_login(publisher)
    text = submit(client, page, action, at, reminder=reminder).content.decode()
    assert message in text
    assert not at or f'value="{at}"' in text
    assert not ScheduledChange.objects.exists()


def test_a_reminder_in_the_past_and_a_draft_with_conflicts_are_refused(client, page, publisher):
    client.force_login(publisher)
    draft_with(page, title_en="The new vision")
    text = submit(client, page, "publish", local(timezone.now() + HOUR), reminder="24").content.decode()
    assert "The time of this reminder has passed." in text
    Page.objects.filter(pk=page.pk).update(title_en="Another title")
    text = submit(client, page, "publish", local(timezone.now() + HOUR)).content.decode()
    assert "choose the texts to keep" in text and not ScheduledChange.objects.exists()


def test_an_item_off_the_site_is_taken_off_only_after_a_planned_publication(client, publisher):
    client.force_login(publisher)
    page = Page.objects.create(title_en="A page", slug_en="a-page", kind="text", is_published=False)
    soon, later = (local(timezone.now() + number * HOUR) for number in (1, 2))
    assert "no publication is planned" in submit(client, page, "take-off", later).content.decode()
    submit(client, page, "publish", later)
    assert "Choose a time after the publication" in submit(client, page, "take-off", soon).content.decode()
    assert ScheduledChange.objects.count() == 1


@pytest.mark.parametrize("group", [roles.EDITORS, roles.TRANSLATORS])
def test_users_who_may_not_publish_see_what_is_planned_and_cannot_plan(client, staff, page, publisher, group):
    change = plan(page, timezone.now() + HOUR, is_published=False, planned_by=publisher)
    client.force_login(staff(group))
    text = client.get(address(page)).content.decode()
    assert "Take off the site:" in text and schedule_page(page) not in text
    assert client.get(schedule_page(page)).status_code == 403
    assert submit(client, page, "take-off", "2100-01-01T10:00").status_code == 403
    assert submit(client, page, "take-off", "", cancel="").status_code == 403
    assert ScheduledChange.objects.count() == 1
    month = f"{CALENDAR}?month={timezone.localtime(change.at):%Y-%m}"
    for path in (LIST, month, "/admin/pages/page/"):
        assert "Take off the site" in client.get(path).content.decode(), path


def test_plans_of_kinds_that_a_user_may_not_see_are_not_listed(client, page, staff):
    plan(Provider.objects.first(), timezone.now() + HOUR, is_published=False)
    for group, is_shown in ((roles.EDITORS, False), (roles.PRIVACY_OFFICERS, True)):
        user = staff(group)
        client.force_login(user)
        assert ScheduledChange.objects.upcoming(user).exists() is is_shown
        shown = client.get(LIST).context["cl"].result_count
        assert bool(shown) is is_shown


def test_the_calendar_shows_each_plan_on_its_day_in_the_time_zone_of_the_site(client, page, publisher):
    client.force_login(publisher)
    plan(page, datetime.fromisoformat("2031-05-31T22:30Z"), is_published=False)
    june = client.get(CALENDAR, {"month": "2031-06"}).content.decode()
    cell = re.search(r'<time datetime="2031-06-01">.*?</td>', june, re.S)[0]
    assert "00:30" in cell and address(page) in cell
    assert "Nothing is planned" in client.get(CALENDAR, {"month": "2031-05"}).content.decode()
    assert 'href="?month=2031-05"' in june and 'href="?month=2031-07"' in june
    for month in ("", "x", "2031-13", "0001-01", "9999-12", "2999-12", "2000-01"):
        assert client.get(CALENDAR, {"month": month}).status_code == 200


def test_a_submitted_plan_survives_an_ended_session(client, page, publisher):
    sent = {"plan": "take-off", "at": "2100-01-01T10:00", "reminder": "24"}
    text = client.post(schedule_page(page), sent).content.decode()
    assert "2100-01-01T10:00" in text
    unsaved = re.search(r'name="unsaved_input" value="([^"]*)"', text)[1].replace("&quot;", '"')
    credentials = {"username": publisher.get_username(), "password": "a-long-pass-phrase"}
    text = client.post(schedule_page(page), {"unsaved_input": unsaved, **credentials}).content.decode()
    assert 'value="2100-01-01T10:00"' in text and '<option value="24" selected>' in text
    assert not ScheduledChange.objects.exists()


def test_the_page_says_where_no_mail_can_arrive(client, page, publisher, settings):
    client.force_login(publisher)
    assert "no mail" not in client.get(schedule_page(page)).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert "no mail server is set (EMAIL_URL)" in client.get(schedule_page(page)).content.decode()


def test_lists_take_as_many_queries_for_many_plans_as_for_one(client, page, publisher):
    client.force_login(publisher)

    def cost(path):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    at = timezone.now().replace(day=15) + timedelta(days=31)
    paths = (LIST, f"{CALENDAR}?month={at:%Y-%m}", reverse("admin:alliance_deliverable_changelist"))
    first, *others = Deliverable.objects.all()
    plan(first, at, is_published=False, planned_by=publisher)
    before = [cost(path) for path in paths] and [cost(path) for path in paths]
    for item in others:
        plan(item, at, is_published=False, planned_by=publisher)
    assert len(others) > 2 and [cost(path) for path in paths] == before


def test_an_applied_change_is_in_the_history_of_the_item(client, page, publisher):
    client.force_login(publisher)
    plan(page, is_published=False, planned_by=publisher)
    ScheduledChange.objects.apply_due()
    history = f"{address(page).removesuffix('change/')}history/"
    text = client.get(history).content.decode()
    assert "As scheduled for" in text and "Publishers" in text


def test_saving_the_form_keeps_what_is_planned_and_deleting_the_item_does_not(client, publisher):
    client.force_login(publisher)
    texts = {"title_en": "A page", "short_title_en": "Page", "description_en": "About it"}
    page = Page.objects.create(**texts, slug_en="a-page", kind="text")
    plan(page, timezone.now() + HOUR, is_published=False)
    response = client.post(address(page), filled_in(client.get(address(page)), title_en="Another heading"))
    assert response.status_code == 302, response.context["errors"]
    page.refresh_from_db()
    assert page.title_en == "Another heading" and ScheduledChange.objects.count() == 1
    client.post(address(page, "delete"), {"post": "yes"})
    assert not ScheduledChange.objects.exists()


SCHEDULE = """
from django.utils import timezone
from editorial.models import ScheduledChange
from pages.models import Page
ScheduledChange.objects.plan(Page.objects.get(kind="vision"), timezone.now(), is_published=False)
"""


@pytest.mark.nightly
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
