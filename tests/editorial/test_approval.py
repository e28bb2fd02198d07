"""Approval of drafts: an editor asks, a publisher approves the draft or returns it with a comment."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from alliance.models import Deliverable
from editorial import roles
from editorial.admin.approval import ASK
from editorial.admin.revisions import COMMENT
from editorial.models import ApprovalRequest, Revision, ScheduledChange, State
from pages.models import Page
from tests.editorial.test_admin import address, filled_in
from tests.editorial.test_schedule import schedule_page

pytestmark = pytest.mark.django_db
DUMMY = "django.core.mail.backends.dummy.EmailBackend"


@pytest.fixture(autouse=True)
def sent_at_once(django_capture_on_commit_callbacks, monkeypatch):
    """Send mail at once, because the transaction of a test is never committed."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, *args, **kwargs: send())


def member(staff, *groups):
    user = staff(*groups)
    user.email = f"{user.username.lower()}@unic.example"
    user.save()
    return user


@pytest.fixture
def editor(staff):
    return member(staff, roles.EDITORS)


@pytest.fixture
def publisher(staff):
    return member(staff, roles.PUBLISHERS)


@pytest.fixture
def deliverable():
    with Revision.objects.recorded():
        pass
    return Deliverable.objects.get(key="seamless-mobility")


def save(client, item, **changes):
    path = address(item)
    return client.post(path, filled_in(client.get(path), **changes), follow=True).content.decode()


def ask(client, user, item, title="New title", comment="Please check the title."):
    client.force_login(user)
    return save(client, item, title_en=title, **{COMMENT: comment, ASK: "Ask"})


def approval_page(item) -> str:
    return f"{address(item).removesuffix('change/')}approval/"


def decide(client, user, item, button, comment="", request=None):
    client.force_login(user)
    request = request or ApprovalRequest.objects.of(item).first()
    sent = {"request": request.pk, "comment": comment, button: "on"}
    return client.post(approval_page(item), sent, follow=True).content.decode()


def state(item) -> str | None:
    draft = Revision.objects.draft_of(item)
    return draft.state if draft else None


def test_an_editor_asks_and_those_who_may_publish_get_a_mail_and_an_entry(
    client, editor, publisher, deliverable, staff
):
    translator = member(staff, roles.TRANSLATORS)
    assert "Approval was asked for." in ask(client, editor, deliverable)
    assert state(deliverable) == State.IN_REVIEW
    (sent,) = mail.outbox
    assert sent.to == ["publishers@unic.example"] and sent.subject == "Editors asks for approval: “New title”"
    assert "Please check the title." in sent.body and f"http://testserver{approval_page(deliverable)}" in sent.body
    (request,) = ApprovalRequest.objects.waiting_for(publisher)
    assert request.item == deliverable and list(ApprovalRequest.objects.asked_by(editor)) == [request]
    for user in (editor, translator):
        assert not ApprovalRequest.objects.waiting_for(user)
    assert "in review (Editors)" in client.get("/admin/alliance/deliverable/").content.decode()
    assert "Editors asked for approval of this draft" in client.get(address(deliverable)).content.decode()
    assert approval_page(deliverable) not in client.get(address(deliverable)).content.decode()


def test_a_publisher_approves_and_publishes(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    client.force_login(publisher)
    assert approval_page(deliverable) in client.get(address(deliverable)).content.decode()
    assert "Please check the title." in client.get(approval_page(deliverable)).content.decode()
    mail.outbox.clear()
    assert "is published." in decide(client, publisher, deliverable, "_publish")
    deliverable.refresh_from_db()
    assert deliverable.title_en == "New title" and state(deliverable) is None
    assert Revision.objects.of(deliverable).live().get().author == publisher
    (sent,) = mail.outbox
    assert sent.to == ["editors@unic.example"] and sent.subject == "Publishers approved your draft: “New title”"
    assert not ApprovalRequest.objects.waiting_for(publisher)


def test_a_publisher_approves_without_publishing(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    assert "is approved." in decide(client, publisher, deliverable, "_approve")
    deliverable.refresh_from_db()
    assert deliverable.title_en != "New title" and state(deliverable) == State.APPROVED
    assert "Publishers approved this draft" in client.get(address(deliverable)).content.decode()


def test_a_draft_is_returned_with_a_comment_and_the_author_sees_it(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    mail.outbox.clear()
    assert "Write what to change" in decide(client, publisher, deliverable, "_return")
    assert state(deliverable) == State.IN_REVIEW and not mail.outbox
    decide(client, publisher, deliverable, "_return", "The title is too long.")
    assert state(deliverable) == State.DRAFT
    (sent,) = mail.outbox
    assert sent.to == ["editors@unic.example"] and "The title is too long." in sent.body
    assert [request.comment for request in ApprovalRequest.objects.returned_to(editor)] == ["The title is too long."]
    client.force_login(editor)
    assert "The title is too long." in client.get(address(deliverable)).content.decode()
    save(client, deliverable, title_en="Short title")
    assert not ApprovalRequest.objects.returned_to(editor)
    ask(client, editor, deliverable, "Short title")
    assert ApprovalRequest.objects.waiting_for(publisher).count() == 1


def test_any_change_of_the_draft_ends_the_request_and_a_late_decision_changes_nothing(
    client, editor, publisher, deliverable
):
    ask(client, editor, deliverable)
    assert "Ask again when it is ready." in save(client, deliverable, title_en="Newest title")
    assert state(deliverable) == State.DRAFT and not ApprovalRequest.objects.waiting_for(publisher)
    assert "Nothing was saved." in decide(client, publisher, deliverable, "_publish")
    assert state(deliverable) == State.DRAFT
    assert "No draft of this item waits" in client.get(approval_page(deliverable)).content.decode()


def test_saving_an_unchanged_form_keeps_the_request(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    save(client, deliverable)
    assert ApprovalRequest.objects.waiting_for(publisher)
    assert "waits for approval already" in ask(client, editor, deliverable)
    assert ApprovalRequest.objects.count() == 1


def test_a_draft_with_conflicts_stays_in_review(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="Another title")
    client.force_login(publisher)
    text = client.get(approval_page(deliverable)).content.decode()
    assert "choose the texts to keep" in text and "_publish" not in text
    mail.outbox.clear()
    assert "changed the same values" in decide(client, publisher, deliverable, "_publish")
    assert state(deliverable) == State.IN_REVIEW and not ApprovalRequest.objects.get().decision


def test_where_a_draft_is_not_valid_any_more_the_field_is_named(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    revision = Revision.objects.draft_of(deliverable)
    revision.data[""]["title_en"] = ""
    revision.save()
    answer = decide(client, publisher, deliverable, "_publish")
    assert "The draft cannot be published" in answer
    assert "title [en]: This field cannot be blank." in answer
    assert state(deliverable) == State.IN_REVIEW


def test_publishing_in_the_form_or_scheduling_approves(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    client.force_login(publisher)
    mail.outbox.clear()
    save(client, deliverable, _save="Publish")
    deliverable.refresh_from_db()
    assert deliverable.title_en == "New title" and state(deliverable) is None
    assert [sent.subject for sent in mail.outbox] == ["Publishers approved your draft: “New title”"]
    ask(client, editor, deliverable, "Newest title")
    client.force_login(publisher)
    client.post(schedule_page(deliverable), {"plan": "publish", "at": "2100-01-01T10:00", "reminder": ""})
    assert state(deliverable) == State.APPROVED
    ScheduledChange.objects.update(at=timezone.now())
    assert ScheduledChange.objects.apply_due() == 1
    deliverable.refresh_from_db()
    assert deliverable.title_en == "Newest title"


def test_a_new_item_is_approved_too(client, editor, publisher):
    with Revision.objects.recorded():
        texts = {"title_en": "A page", "short_title_en": "Page", "description_en": "About it"}
        page = Page.objects.create(**texts, slug_en="a-page", kind="text", is_published=False)
    ask(client, editor, page)
    decide(client, publisher, page, "_publish")
    page.refresh_from_db()
    assert page.is_published and page.title_en == "New title"


def words(response) -> str:
    return " ".join(fromstring(response.content.decode()).find(".//main").text_content().split())


def test_the_page_of_the_decision_shows_a_new_item_and_its_translations(client, editor, publisher):
    with Revision.objects.recorded():
        texts = {"title_en": "A page", "short_title_en": "Page", "description_en": "About it"}
        page = Page.objects.create(**texts, slug_en="a-page", kind="text", is_published=False)
    ask(client, editor, page)
    client.force_login(publisher)
    response = client.get(approval_page(page))
    draft = Revision.objects.draft_of(page)
    assert reverse("admin:editorial_revision_preview", args=[draft.pk]) in response.content.decode()
    assert "Description English About it" in words(response) and "Title English New title" in words(response)
    assert "Polski missing" in words(response)


def test_the_page_of_the_decision_shows_what_the_draft_changes(client, editor, publisher, deliverable):
    ask(client, editor, deliverable)
    client.force_login(publisher)
    response = client.get(approval_page(deliverable))
    assert "English removed: Seamless mobility added: New title" in words(response)
    assert "Polski stale" in words(response) and deliverable.summary_en not in words(response)
    deliverable.refresh_from_db()
    assert deliverable.title_en == "Seamless mobility"


def test_who_decides_on_a_draft_is_not_offered_to_ask_for_its_approval(client, staff, editor, publisher, deliverable):
    member(staff)
    ask(client, editor, deliverable)
    assert "Ask for approval" in client.get(address(deliverable)).content.decode()
    client.force_login(publisher)
    assert "Ask for approval" not in client.get(address(deliverable)).content.decode()


def test_approval_is_offered_only_where_somebody_else_may_publish(client, staff, deliverable):
    publisher = member(staff, roles.PUBLISHERS)
    client.force_login(publisher)
    assert "Ask for approval" not in client.get(address(deliverable)).content.decode()
    editor = member(staff, roles.EDITORS)
    client.force_login(editor)
    assert "Ask for approval" in client.get(address(deliverable)).content.decode()
    publisher.is_active = False
    publisher.save()
    assert "Ask for approval" not in client.get(address(deliverable)).content.decode()


def test_a_publisher_asks_another_one(client, staff, publisher, deliverable):
    other = member(staff)
    ask(client, publisher, deliverable)
    assert state(deliverable) == State.IN_REVIEW
    assert ApprovalRequest.objects.waiting_for(other) and not ApprovalRequest.objects.waiting_for(publisher)


@pytest.mark.parametrize("group", [roles.EDITORS, roles.TRANSLATORS])
def test_only_those_who_may_publish_decide(client, staff, publisher, deliverable, group):
    ask(client, publisher, deliverable)
    request = ApprovalRequest.objects.of(deliverable).get()
    user = member(staff, group)
    client.force_login(user)
    assert client.get(approval_page(deliverable)).status_code == 403
    sent = {"request": request.pk, "comment": "", "_publish": "on"}
    assert client.post(approval_page(deliverable), sent).status_code == 403


def test_the_pages_say_where_no_mail_can_arrive(client, editor, publisher, deliverable, settings):
    settings.EMAIL_BACKEND = DUMMY
    assert "So tell somebody who may publish the draft." in ask(client, editor, deliverable)
    assert "no mail server is set (EMAIL_URL)" in client.get(address(deliverable)).content.decode()
    client.force_login(publisher)
    assert "no mail server is set (EMAIL_URL)" in client.get(approval_page(deliverable)).content.decode()


def test_a_page_of_privacy_officers_waits_for_other_privacy_officers(client, staff, publisher):
    officer, other = (member(staff, roles.PRIVACY_OFFICERS, *more) for more in ((), (roles.TRANSLATORS,)))
    with Revision.objects.recorded():
        pass
    page = Page.objects.get(kind="cookies")
    ask(client, officer, page)
    assert [sent.to for sent in mail.outbox] == [[other.email]]
    assert ApprovalRequest.objects.waiting_for(other) and not ApprovalRequest.objects.waiting_for(publisher)
    client.force_login(publisher)
    assert client.get(approval_page(page)).status_code == 403
