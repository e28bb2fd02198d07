"""Reports of accessibility barriers: the page with the form, and the messages."""

import logging
import re
import smtplib
from datetime import timedelta
from typing import Self, cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from editorial.fields import RichTextField
from editorial.mail import sends_mail
from editorial.models import Content
from editorial.times import MONTH
from security.idempotency import valid_idempotency_key

log = logging.getLogger(__name__)

# A process that mails a message ends within this time. After it, another process may mail the message.
MAILING_TIMEOUT = timedelta(minutes=5)
# Maximum messages that are mailed at once, because a visitor may wait for the response.
MAIL_BATCH_SIZE = 20
# After this time a waiting message makes the mail job fail, so that staff notice.
OVERDUE_AFTER = timedelta(hours=1)
# Details of the accessibility statement. Some laws ask for them, such as the Polish act of 4 April 2019 (Article 10).
REQUIRED_DETAILS = ("unit", "telephone", "building_access")
# Retention period of answered messages: the time in which supervisory bodies can ask for the answer.
RETENTION_MONTHS = 12


validate_telephone = RegexValidator(r"^\+?[0-9 ()/-]{5,40}\Z", _("Use digits and spaces, such as +48 12 345 67 89."))


class FeedbackPage(Content):
    """Texts of the page with the form, and the recipient of the messages. There is exactly one.

    The recipient is separate from the contact of the alliance, so that messages can go to accessibility staff.
    """

    content_section = "feedback"
    body_fields = ("introduction",)
    KEY = "feedback"

    title = models.CharField(_("title"), max_length=150, help_text=_("The heading at the top of the page."))
    description = models.CharField(
        _("description"),
        max_length=300,
        help_text=_("One or two sentences that search engines and link previews show."),
    )
    introduction = RichTextField(
        _("introduction"),
        help_text=_(
            "The text above the form. Explain what to write and when an answer comes, and link to the privacy policy."
        ),
    )
    confirmation = RichTextField(
        _("confirmation"), help_text=_("The text that visitors read after they send a message.")
    )
    recipient = models.EmailField(
        _("recipient"),
        help_text=_("The e-mail address that receives each message. Visitors see it as an alternative to the form."),
    )

    unit = models.CharField(
        _("Responsible for accessibility"),
        max_length=200,
        blank=True,
        help_text=_("The unit or the person that answers. Visitors see it below the accessibility statement."),
    )
    telephone = models.CharField(
        _("Telephone"),
        max_length=40,
        blank=True,
        validators=[validate_telephone],
        help_text=_("With the country code, such as +48 12 345 67 89. Shown below the accessibility statement."),
    )
    building_access = RichTextField(
        _("Accessibility of the buildings"),
        blank=True,
        help_text=_("Entrances, lifts, toilets, parking, assistance dogs, sign language interpreters."),
    )

    class Meta(Content.Meta):
        verbose_name = _("feedback page")
        verbose_name_plural = _("feedback page")
        constraints = [
            models.CheckConstraint(
                condition=Q(key="feedback"),
                name="one_feedback_page",
                violation_error_message=_("There is one feedback page. Change it instead of adding another."),
            )
        ]

    def __str__(self):
        return self.title

    @property
    def meta_description(self) -> str:
        return self.description

    def key_source(self) -> str:
        return self.KEY

    def get_absolute_url(self) -> str:
        return reverse("feedback:form")

    @property
    def has_contact(self) -> bool:
        """Whether there is a detail to show below the accessibility statement."""
        return len(self.empty_details()) < len(REQUIRED_DETAILS)

    @property
    def telephone_link(self) -> str:
        """The telephone number for a link: +48123456789."""
        return re.sub(r"[^+0-9]", "", self.telephone)

    def empty_details(self) -> list[str]:
        """Return the names of the required details without a text in the source language."""
        columns = {name: build_localized_fieldname(name, settings.LANGUAGE_CODE) for name in REQUIRED_DETAILS}
        columns["telephone"] = "telephone"
        return [name for name, column in columns.items() if not getattr(self, column)]


def feedback_page() -> FeedbackPage | None:
    """Return the page with the form, or None before content is loaded."""
    return cast(FeedbackPage | None, FeedbackPage.objects.first())


def missing_feedback_page() -> list[str]:
    """Return a sentence if there is no page with the form."""
    return [] if FeedbackPage.objects.exists() else ["feedback.feedback. Without it, visitors cannot report a barrier."]


class MailOverdueError(Exception):
    """Messages waited longer than OVERDUE_AFTER for a mail server."""


class MessageQuerySet(models.QuerySet["Message"]):
    def receive(self, *, idempotency_key: str = "", **fields) -> "Message":
        """Commit a message and return it.

        `idempotency_key` is a random value of the form: the same message with the same key is stored once. Raises
        DatabaseError if nothing was written.
        """
        idempotency_key = valid_idempotency_key(idempotency_key)
        earlier = self.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
        if earlier is None:
            try:
                with transaction.atomic():
                    return self.create(idempotency_key=idempotency_key, **fields)
            except IntegrityError:
                # Another process stored the same message first.
                earlier = self.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
                if earlier is None:
                    raise
        if all(getattr(earlier, name) == value for name, value in fields.items()):
            return earlier
        return self.create(**fields)

    def waiting(self) -> Self:
        """Return the messages that no mail server has accepted yet."""
        return self.filter(mailed_at=None)

    def mail_waiting(self) -> int:
        """Mail the waiting messages to the recipient, newest first, and return their number.

        A message that the mail server refuses keeps waiting. If there is no connection, all others keep waiting, too.
        """
        page = feedback_page()
        if page is None or not sends_mail():
            return 0
        mailed = 0
        for message in self.waiting().order_by("-pk")[:MAIL_BATCH_SIZE]:
            if not message.claim():
                continue
            try:
                message.as_mail(page.recipient).send()
            except (OSError, ValueError) as error:
                message.release()
                # Only the type of the error is logged, because its text may contain an e-mail address.
                log.warning("Message %s could not be mailed: %s", message.pk, type(error).__name__)
                if isinstance(error, (smtplib.SMTPDataError, ValueError)):
                    # Only this message is refused.
                    continue
                break
            self.filter(pk=message.pk).update(mailed_at=timezone.now(), mailing_since=None)
            mailed += 1
        return mailed

    def mail_or_raise(self) -> None:
        """Mail the waiting messages. Raises MailOverdueError if new messages still wait after OVERDUE_AFTER."""
        self.mail_waiting()
        if not sends_mail():
            return
        overdue = self.waiting().filter(state=Message.State.NEW, received_at__lt=timezone.now() - OVERDUE_AFTER).count()
        if overdue:
            raise MailOverdueError(
                f"Messages that no mail server accepts: {overdue}. Check EMAIL_URL and the recipient, or answer them "
                "in the admin."
            )

    def outdated(self) -> Self:
        """Return the answered messages after their retention period."""
        return self.filter(answered_at__lt=timezone.now() - RETENTION_MONTHS * MONTH)

    def erase_outdated(self) -> int:
        """Erase the answered messages after their retention period, and return their number."""
        erased, _details = self.outdated().delete()
        return erased


class MessageState(models.TextChoices):
    NEW = "new", _("new")
    ANSWERED = "answered", _("answered")


class Message(models.Model):
    """Report of a barrier by a visitor, with its state. It contains no IP address."""

    State = MessageState

    text = models.TextField(_("barrier"), max_length=5000)
    page = models.CharField(_("page of the site"), max_length=300, blank=True)
    email = models.EmailField(_("e-mail for the answer"), blank=True)
    answer_format = models.CharField(_("format of the answer"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=20)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    idempotency_key = models.CharField(max_length=36, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)
    # Time when a process started to mail it.
    mailing_since = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=State,
        default=State.NEW,
        help_text=_("Choose “answered” when the visitor has received an answer, or when no answer is possible."),
    )
    answered_at = models.DateTimeField(_("answered on"), null=True, blank=True)
    note = models.TextField(
        _("note"), max_length=2000, blank=True, help_text=_("For staff: what was done, and what the answer was.")
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-pk",)
        default_permissions = ("view", "change", "delete")
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=~Q(idempotency_key=""), name="message_once_per_idempotency_key"
            ),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="new", answered_at__isnull=True) | Q(state="answered", answered_at__isnull=False),
                name="message_answered_at_a_time",
            ),
        ]

    def __str__(self):
        return gettext("Message %(number)s") % {"number": self.pk}

    def save(self, *args, **kwargs):
        if self.state == self.State.NEW:
            self.answered_at = None
        elif self.answered_at is None:
            self.answered_at = timezone.now()
        super().save(*args, **kwargs)

    def claim(self) -> bool:
        """Reserve the message for this process. Returns False if another process mails it or has mailed it."""
        now = timezone.now()
        free = Q(mailing_since=None) | Q(mailing_since__lt=now - MAILING_TIMEOUT)
        return bool(Message.objects.waiting().filter(free, pk=self.pk).update(mailing_since=now))

    def release(self) -> None:
        """Let other processes mail the message again."""
        Message.objects.filter(pk=self.pk).update(mailing_since=None)

    def as_mail(self, recipient: str) -> EmailMessage:
        """Return the mail to staff in the source language. Its subject contains no text of the visitor."""
        with translation.override(settings.LANGUAGE_CODE):
            return EmailMessage(
                subject=gettext("Accessibility feedback, message %(number)s") % {"number": self.pk},
                body=render_to_string("feedback/mail.txt", {"message": self}),
                to=[recipient],
                reply_to=[self.email] if self.email else None,
            )
