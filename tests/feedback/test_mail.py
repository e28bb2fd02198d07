"""Mailing of messages by an SMTP server. Messages that it does not accept wait."""

import os
import subprocess
import sys
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from feedback.models import (
    MAIL_BATCH_SIZE,
    MAILING_TIMEOUT,
    OVERDUE_AFTER,
    FeedbackPage,
    MailOverdueError,
    Message,
)
from tests.serving import ROOT

pytestmark = pytest.mark.django_db


def test_a_message_is_mailed_to_the_recipient_with_all_fields(write, mailbox):
    write(text="Mapa milczy: zażółć.", page="/pl/", email="jan@example.org", answer_format="large print")
    (mail,) = mailbox.mails
    message = Message.objects.get()
    assert mailbox.recipients == [["unic@uni.lodz.pl"]]
    assert mail["From"] == "site@unic.example"
    assert mail["Reply-To"] == "jan@example.org"
    assert mail["Subject"] == f"Accessibility feedback, message {message.pk}"
    assert mail.get_content_type() == "text/plain"
    content = mail.get_content()
    for text in ("Mapa milczy: zażółć.", "Page: /pl/", "E-mail for the answer: jan@example.org", "large print"):
        assert text in content
    assert message.mailed_at is not None


def test_staff_can_change_the_recipient(write, mailbox):
    FeedbackPage.objects.update(recipient="dostepnosc@unic.example")
    write()
    assert mailbox.recipients == [["dostepnosc@unic.example"]]


def test_the_mail_is_in_the_source_language(write, mailbox):
    write(path="/pl/deklaracja-dostepnosci/zglos-bariere/")
    assert mailbox.mails[0]["Subject"].startswith("Accessibility feedback")
    assert "Language: pl" in mailbox.mails[0].get_content()


def test_without_an_email_address_the_mail_has_no_reply_to(write, mailbox):
    write()
    assert mailbox.mails[0]["Reply-To"] is None


@pytest.mark.parametrize("email", ["jan@example.org\nBcc: all@example.org", "a@example.org, b@example.org"])
def test_mail_headers_cannot_be_injected(write, mailbox, email):
    assert write(email=email).status_code == 400
    write(text="x\n.\nBcc: all@example.org", page="p\nBcc: all@example.org", answer_format="f\r\nBcc: all@example.org")
    (mail,) = mailbox.mails
    assert "Bcc" not in mail
    assert mailbox.recipients == [["unic@uni.lodz.pl"]]


def test_without_a_mail_server_the_message_is_stored_and_mailed_with_the_next_one(write, mail_server):
    mail_server.stop()
    assert write(text="First.").status_code == 303
    assert Message.objects.waiting().count() == 1
    mail_server.start()
    write(text="Second.")
    assert len(mail_server.mailbox.mails) == 2
    assert not Message.objects.waiting().exists()


def test_the_job_mails_waiting_messages_once(write, mail_server):
    mail_server.stop()
    write()
    run_jobs = partial(call_command, "run_jobs", "mail-feedback", stdout=StringIO())
    run_jobs()
    assert Message.objects.waiting().count() == 1
    mail_server.start()
    run_jobs()
    run_jobs()
    assert not Message.objects.waiting().exists() and len(mail_server.mailbox.mails) == 1


def test_a_refused_message_does_not_delay_others(write, mailbox):
    mailbox.refused.append(b"unwanted")
    assert write(text="unwanted").status_code == 303
    write(text="First.")
    write(text="Second.")
    assert len(mailbox.mails) == 2
    assert Message.objects.waiting().get().text == "unwanted"


def test_a_message_that_another_process_mails_is_claimed_again_after_the_timeout(mailbox):
    message = Message.objects.create(text="The map.", language="en", mailing_since=timezone.now())
    assert Message.objects.mail_waiting() == 0
    Message.objects.update(mailing_since=timezone.now() - MAILING_TIMEOUT - timedelta(seconds=1))
    assert Message.objects.mail_waiting() == 1
    message.refresh_from_db()
    assert message.mailed_at and message.mailing_since is None


def test_many_waiting_messages_are_mailed_in_batches(mailbox):
    Message.objects.bulk_create(Message(text=f"Message {n}", language="en") for n in range(MAIL_BATCH_SIZE + 1))
    assert Message.objects.mail_waiting() == MAIL_BATCH_SIZE
    assert Message.objects.mail_waiting() == 1


def test_without_a_configured_mail_server_messages_wait(write, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert write().status_code == 303
    assert Message.objects.waiting().count() == 1


def test_the_job_fails_while_a_new_message_waits_for_more_than_an_hour(write, mail_server, settings):
    mail_server.stop()
    write()
    Message.objects.mail_or_raise()
    Message.objects.update(received_at=timezone.now() - OVERDUE_AFTER - timedelta(seconds=1))
    with pytest.raises(MailOverdueError, match="no mail server accepts: 1"):
        Message.objects.mail_or_raise()
    mail_server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    Message.objects.mail_or_raise()


def test_the_job_does_not_fail_for_an_answered_message_that_was_not_mailed(mailbox):
    mailbox.refused.append(b"unwanted")
    hours_ago = timezone.now() - 2 * OVERDUE_AFTER
    Message.objects.create(text="unwanted", language="en", received_at=hours_ago, state="answered")
    Message.objects.mail_or_raise()
    assert Message.objects.waiting().count() == 1


def test_messages_are_erased_a_year_after_they_were_answered():
    now = timezone.now()
    for text, days in (("old", 366), ("young", 364)):
        Message.objects.create(text=text, language="en", state="answered", answered_at=now - timedelta(days=days))
    Message.objects.create(text="open", language="en", received_at=now - timedelta(days=800))
    assert Message.objects.erase_outdated() == 1
    assert set(Message.objects.values_list("text", flat=True)) == {"young", "open"}


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://mail.example.org:port"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://mail.example.org"}, "DEFAULT_FROM_EMAIL"),
        ({"EMAIL_URL": "smtp://mail.example.org", "DEFAULT_FROM_EMAIL": "site@unic.example"}, ""),
    ],
)
def test_an_invalid_mail_setting_is_named_and_stops_the_start(tmp_path, environment, error):
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | environment
    outcome = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (outcome.returncode != 0) == bool(error)
    assert error in outcome.stderr
