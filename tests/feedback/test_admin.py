"""Admin of messages: list, answers and permissions."""

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse

from feedback.models import FeedbackPage, Message
from tests.editorial.test_admin import filled_in

pytestmark = pytest.mark.django_db
LIST = "/admin/feedback/message/"


@pytest.fixture
def message():
    return Message.objects.create(
        text="The map <b>says</b> nothing.", page="/en/partners/", email="jan@example.org", language="en"
    )


def address(message, action: str = "change") -> str:
    return reverse(f"admin:feedback_message_{action}", args=[message.pk])


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_editors_and_publishers_can_answer_a_message_but_not_change_its_text(client, staff, message, group):
    client.force_login(staff(group))
    assert "/en/partners/" in client.get(LIST).content.decode()
    form = client.get(address(message))
    html = form.content.decode()
    assert "The map &lt;b&gt;says&lt;/b&gt; nothing." in html and 'name="text"' not in html
    changed = {"state": "answered", "note": "The map has a text now.", "text": "Nothing."}
    assert client.post(address(message), filled_in(form) | changed).status_code == 302
    message.refresh_from_db()
    assert (message.state, message.note) == ("answered", "The map has a text now.")
    assert message.answered_at is not None
    assert message.text.startswith("The map")
    client.post(address(message), filled_in(client.get(address(message)), state="new", note=""))
    message.refresh_from_db()
    assert (message.state, message.answered_at) == ("new", None)


@pytest.mark.parametrize("group", ["Translators", "Privacy officers"])
def test_other_groups_cannot_read_messages(client, staff, message, group):
    client.force_login(staff(group))
    assert client.get(LIST).status_code == 403
    assert client.get(address(message)).status_code == 403


def test_translators_translate_the_page_and_only_publishers_can_erase_a_message(client, staff, message):
    client.force_login(staff("Translators"))
    page = FeedbackPage.objects.get()
    assert client.get(reverse("admin:feedback_feedbackpage_change", args=[page.pk])).status_code == 200
    client.force_login(staff("Editors"))
    assert client.post(address(message, "delete"), {"post": "yes"}).status_code == 403
    client.force_login(staff("Publishers"))
    assert client.post(address(message, "delete"), {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_messages_can_be_filtered_by_state_and_by_mailing(client, staff, message):
    client.force_login(staff())
    for query, found in (
        ("state__exact=new", True),
        ("state__exact=answered", False),
        ("mailed_at__isempty=1", True),
        ("mailed_at__isempty=0", False),
        ("q=map", True),
        ("q=timeline", False),
    ):
        assert (address(message) in client.get(f"{LIST}?{query}").content.decode()) == found, query


def test_the_number_of_queries_of_the_list_is_constant(client, staff, message, django_assert_max_num_queries):
    client.force_login(staff())
    with django_assert_max_num_queries(20) as few:
        client.get(LIST)
    Message.objects.bulk_create(Message(text=f"Message {n}", language="en") for n in range(40))
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.parametrize("update", [{"state": "answered"}, {"state": "lost"}, {"idempotency_key": "a" * 32}])
def test_the_database_enforces_the_constraints_of_messages(message, update):
    Message.objects.create(text="Another.", language="en", idempotency_key="a" * 32)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**update)


def test_the_migration_of_permissions_can_be_reversed_and_repeated():
    from importlib import import_module

    from django.apps import apps

    rights = import_module("feedback.migrations.0002_rights")
    of_feedback = {"permissions__content_type__app_label": "feedback"}
    before = Group.objects.filter(**of_feedback).values_list("name", "permissions__codename")
    original = set(before)
    assert ("Editors", "change_message") in original and ("Editors", "delete_message") not in original
    rights.withdraw(apps, None)
    assert not before.all().exists()
    rights.grant(apps, None)
    assert set(before.all()) == original


def test_the_form_of_the_page_names_no_law_of_one_country(client, staff):
    client.force_login(staff())
    form = client.get(reverse("admin:feedback_feedbackpage_change", args=[FeedbackPage.objects.get().pk]))
    html = form.content.decode()
    assert "The accessibility law of many countries asks for these details." in html and "Polish law" not in html
