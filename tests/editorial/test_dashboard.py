"""The index page of the admin: what waits for the member of staff who looks at it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliance.models import Deliverable, EntryPoint
from consent.models import CookieAudit, Notice
from editorial import dashboard, roles
from editorial.models import ApprovalRequest, Revision, ScheduledChange
from feedback.models import Message
from jobs.models import Job
from jobs.registry import definitions
from tests.editorial.test_admin import address
from translations.status.models import Translation
from translations.status.permissions import group_for

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def blocks(client, user) -> dict[str, list[str]]:
    """Return title → texts and notes of the lines of each block."""
    client.force_login(user)
    response = client.get("/admin/")
    return {str(b.title): [f"{line.text}: {line.note}" for line in b.lines] for b in response.context["blocks"]}


def draft_of(item, author, title="New title") -> Revision:
    draft = Revision.objects.save_draft(item, changed(item, title))
    Revision.objects.filter(pk=draft.pk).update(author=author, author_name=author.username)
    draft.refresh_from_db()
    return draft


def changed(item, title):
    data = Revision.objects.of(item).live().get().data
    data[""]["title_en"] = title
    return data


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def test_each_role_sees_only_the_blocks_that_it_may_act_on(client, staff):
    assert list(blocks(client, staff(roles.EDITORS))) == [
        "Returned to me",
        "My drafts",
        "Texts to translate",
        "Drafts to translate",
        "Messages to answer",
    ]
    assert list(blocks(client, staff(roles.PUBLISHERS))) == [
        "Waiting for my approval",
        "Returned to me",
        "My drafts",
        "Scheduled",
        "Texts to translate",
        "Drafts to translate",
        "Messages to answer",
    ]
    assert list(blocks(client, staff(group_for("pl")))) == ["Texts to translate", "Drafts to translate"]
    assert "Consent to cookies" in blocks(client, staff(roles.PRIVACY_OFFICERS))


def test_a_block_without_work_says_so(client, staff):
    client.force_login(staff(roles.PUBLISHERS))
    html = client.get("/admin/").content.decode()
    for sentence in ("No draft waits for your approval.", "You have no draft.", "Nothing is planned."):
        assert sentence in html


def test_a_draft_appears_with_its_author_and_with_who_may_approve_it_until_it_is_returned(client, staff, deliverable):
    editor, publisher = staff(roles.EDITORS), staff(roles.PUBLISHERS)
    draft = draft_of(deliverable, editor)
    assert blocks(client, editor)["My drafts"][0].startswith("New title: draft")
    assert blocks(client, publisher)["My drafts"] == []
    ApprovalRequest.objects.ask(draft, editor, "Please check", "")
    (line,) = blocks(client, publisher)["Waiting for my approval"]
    assert line.startswith("New title: Please check, Editors")
    ApprovalRequest.objects.get().decide(ApprovalRequest.Decision.RETURNED, publisher, "Shorter, please")
    assert blocks(client, publisher)["Waiting for my approval"] == []
    (line,) = blocks(client, editor)["Returned to me"]
    assert line.startswith("New title: Shorter, please, Publishers")


def test_a_plan_is_shown_to_publishers_and_is_marked_when_it_stopped(client, staff, deliverable):
    publisher = staff(roles.PUBLISHERS)
    tomorrow = timezone.now() + timedelta(days=1)
    plan = ScheduledChange.objects.plan(deliverable, tomorrow, is_published=False, planned_by=publisher)
    (line,) = blocks(client, publisher)["Scheduled"]
    assert line.startswith("Seamless mobility: Take off the site")
    ScheduledChange.objects.filter(pk=plan.pk).update(state=ScheduledChange.State.REFUSED)
    client.force_login(publisher)
    (block,) = [b for b in client.get("/admin/").context["blocks"] if b.title == "Scheduled"]
    assert block.lines[0].is_warning


def test_a_translator_sees_the_open_texts_of_their_languages_only(client, staff, deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Another title", title_pl="")
    lines = blocks(client, staff(group_for("pl")))["Texts to translate"]
    assert [line.partition(":")[0] for line in lines] == ["Polski"]
    assert "missing: " in lines[0]


def test_unanswered_messages_are_shown_to_those_who_answer_them(client, staff):
    message = Message.objects.create(text="The map cannot be used by keyboard.", language="en")
    assert blocks(client, staff())["Messages to answer"][0].startswith(f"Message {message.pk}")
    message.state = Message.State.ANSWERED
    message.save()
    assert blocks(client, staff(roles.EDITORS))["Messages to answer"] == []
    assert "Messages to answer" not in blocks(client, staff(roles.TRANSLATORS))


def test_officers_see_a_changed_notice_the_last_audit_and_the_seals(client, staff):
    officer = staff(roles.PRIVACY_OFFICERS)
    assert blocks(client, officer)["Consent to cookies"] == [
        "Cookie audit: None was run yet.",
        "Seals: Nothing was sealed yet.",
    ]
    notice = Notice.objects.get()
    notice.heading_en = "Another title"
    notice.save()
    now = timezone.now()
    findings = [{"problem": "undeclared", "kind": "cookie", "name": "x", "page": "/", "passes": []}]
    CookieAudit.objects.create(
        started_at=now, finished_at=now, address="a", notice_number=1, pages=1, findings=findings, is_clean=False
    )
    lines = blocks(client, officer)["Consent to cookies"]
    assert lines[0].startswith("Compare and publish the notice: The draft differs")
    assert lines[1].endswith("findings: 1")


def test_jobs_that_fail_are_shown_with_their_error(client, staff):
    now = timezone.now()
    Job.objects.bulk_create(Job(name=name, last_started_at=now, last_succeeded_at=now) for name in definitions)
    root = staff()
    assert blocks(client, root)["Background jobs"] == []
    Job.objects.filter(name="empty-bin").update(failures=2, failing_since=now, last_error="ValueError: no")
    (line,) = blocks(client, root)["Background jobs"]
    assert line.endswith("failing, ValueError: no")


def test_the_number_of_queries_does_not_depend_on_the_amount_of_work(client, staff, deliverable):
    root, editor = staff(), staff(roles.EDITORS)
    client.force_login(root)

    def cost() -> int:
        client.get("/admin/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/")
        return len(queries)

    ApprovalRequest.objects.ask(draft_of(deliverable, editor), editor, "", "")
    ScheduledChange.objects.plan(deliverable, timezone.now() + timedelta(1), is_published=False, planned_by=root)
    Message.objects.create(text="One", language="en")
    before = cost()
    for item in [*Deliverable.objects.exclude(pk=deliverable.pk), *EntryPoint.objects.all()][:12]:
        draft = Revision.objects.save_draft(item, Revision.objects.of(item).live().get().data)
        ApprovalRequest.objects.ask(draft, editor, "", "")
        ScheduledChange.objects.plan(item, timezone.now() + timedelta(1), is_published=False, planned_by=root)
    Message.objects.bulk_create(Message(text="One", language="en") for _number in range(20))
    Translation.objects.update(target="")
    assert cost() == before
    assert before <= 26


def test_ten_lines_are_shown_with_a_link_to_all(client, staff):
    Message.objects.bulk_create(Message(text="One", language="en") for _number in range(12))
    client.force_login(staff())
    html = client.get("/admin/").content.decode()
    assert html.count("/admin/feedback/message/") >= dashboard.MAX_LINES
    assert "There are more. Here are the first ten." in html
    assert "/admin/feedback/message/?state__exact=new" in html


def test_the_desk_opens_on_the_language_of_the_user(client, staff):
    path = "/admin/translations/texttotranslate/"
    Deliverable.objects.update(title_pl="", title_de="")
    client.force_login(staff(group_for("pl")))
    assert {text.language for text in client.get(path).context["cl"].result_list} == {"pl"}
    assert {text.language for text in client.get(path, {"language": "de"}).context["cl"].result_list} == {"de"}
    assert len({text.language for text in client.get(path, {"language": "all"}).context["cl"].result_list}) > 1


def test_a_link_between_two_items_has_a_name_when_one_of_them_is_deleted(client, staff):
    client.force_login(staff())
    entry = EntryPoint.objects.filter(deliverables__isnull=False).first()
    target = entry.deliverables.first()
    html = client.get(address(target, "delete")).content.decode()
    assert f"Link: {entry} → {target}" in html
    assert "object (" not in html
