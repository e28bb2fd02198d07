"""Fixtures for tests of feedback: a mail server, and a visitor who sends the form."""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

SAME_SITE = {"sec-fetch-site": "same-origin"}
IDEMPOTENCY_KEY = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


class Mailbox:
    """Accepted mails. A mail that contains one of the byte strings in `refused` is refused."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: list[bytes] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        if any(text in envelope.content for text in self.refused):
            return "554 Refused"
        self.recipients.append(envelope.rcpt_tos)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Accepted"


class MailServer:
    """SMTP server on a free port, which can be stopped and started again."""

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
    """The mail server in the settings of the site."""
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
    """Function that sends the form as a visitor."""

    def send(text: str = "The map says nothing to my screen reader.", headers=SAME_SITE, path=None, **data):
        return client.post(path or "/en/accessibility/feedback/", {"text": text} | data, headers=headers)

    return send
