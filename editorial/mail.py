"""Mail to members of staff, about something that they also find in the admin."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from editorial.clean_text import one_line, several_lines

log = logging.getLogger(__name__)


def sends_mail() -> bool:
    """Whether the site has a mail server. Without one, staff find everything in the admin only."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend"


def mail_staff(users: Iterable[Any], subject: str, paragraphs: Iterable[str]) -> None:
    """Mail each of `users` who has an address, when the transaction is committed.

    A mail that the server does not accept is not sent again, because the admin shows the same information.
    """
    # A control character that plain SQL stored would make the mail server refuse the mail.
    subject = " ".join(one_line(subject).split())
    body = "\n\n".join(filter(None, map(several_lines, paragraphs))) + "\n"
    mails = [EmailMessage(subject, body, to=[user.email]) for user in users if user.email]
    if mails and sends_mail():
        transaction.on_commit(partial(send, mails))


def send(mails: list[EmailMessage]) -> None:
    try:
        get_connection().send_messages(mails)
    except (OSError, ValueError) as error:
        # Only the type of the error is logged, because its text may contain an e-mail address.
        log.warning("Mail to staff could not be sent: %s", type(error).__name__)
