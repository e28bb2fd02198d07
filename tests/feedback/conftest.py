"""What tests of feedback share: a real mail server, and a visitor who writes."""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

SAME_SITE = {"sec-fetch-site": "same-origin"}
IDEMPOTENCY_KEY = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


class Mailbox:
    """What the mail server took, as mails; `refused` words make it refuse a mail that holds one of them."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: list[bytes] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        if any(word in envelope.content for word in self.refused):
            return "554 Refused"
        self.recipients.append(envelope.rcpt_tos)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Accepted"


class MailServer:
    """A real SMTP server on a port of its own, which can be stopped and started again."""

    def __init__(self):
        self.mailbox = Mailbox()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        self.controller.stop()


@pytest.fixture
def mail_server(settings):
    """The mail server that the site is set to."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.DEFAULT_FROM_EMAIL = "site@unic.example"
    yield server
    server.stop()


@pytest.fixture
def mailbox(mail_server) -> Mailbox:
    return mail_server.mailbox


@pytest.fixture
def write(client):
    """A function by which a visitor sends the form."""

    def send(text: str = "The map says nothing to my screen reader.", headers=SAME_SITE, path=None, **data):
        return client.post(path or "/en/accessibility/feedback/", {"text": text} | data, headers=headers)

    return send
