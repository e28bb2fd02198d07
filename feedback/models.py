"""What visitors report of barriers on the site: the page with the form, and the messages."""

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from editorial.fields import RichTextField
from editorial.models import Content
from security.idempotency import valid_idempotency_key

log = logging.getLogger(__name__)

# A process that took a message to mail it has surely ended after this time: another may take it.
MAILING_TIMEOUT = timedelta(minutes=5)
# So many waiting messages are mailed at once, since a visitor may wait for it.
MAIL_BATCH_SIZE = 20
# A message that waits for longer than this makes the job that mails it fail, so that staff hear of it.
OVERDUE_AFTER = timedelta(hours=1)
# The mean month of the calendar.
MONTH = timedelta(days=365.2425 / 12)
# Months for which an answered message is kept: as long as the University can be asked how it was answered.
RETENTION_MONTHS = 12


class FeedbackPage(Content):
    """The page with the form: its words, and who gets what visitors write. There is one.

    The recipient stands here and not with the alliance, so that a university can give barriers to whom they concern.
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

    def get_absolute_url(self):
        return reverse("feedback:form")


class MailOverdueError(Exception):
    """Messages have waited too long for a mail server."""


def sends_mail() -> bool:
    """Whether the site has a mail server; without one, messages wait in the admin."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend"


class MessageQuerySet(models.QuerySet):
    def receive(self, *, idempotency_key: str = "", **fields):
        """Commit a message and return it.

        `idempotency_key` is a random value that the form gives its post: one that is sent again with the same text gets
        the message of the first. Raises DatabaseError where nothing was written.
        """
        idempotency_key = valid_idempotency_key(idempotency_key)
        earlier = self.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
        if earlier is None:
            try:
                with transaction.atomic():
                    return self.create(idempotency_key=idempotency_key, **fields)
            except IntegrityError:
                # The same post came first, in another process.
                earlier = self.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
                if earlier is None:
                    raise
        if all(getattr(earlier, name) == value for name, value in fields.items()):
            return earlier
        return self.create(**fields)

    def waiting(self):
        """The messages that no mail server has taken yet."""
        return self.filter(mailed_at=None)

    def mail_waiting(self) -> int:
        """Mail the messages that wait for it to the recipient, newest first; returns how many went.

        What the mail server does not take waits for the next time, and all the rest where there is no server to ask.
        """
        page = FeedbackPage.objects.first()
        if page is None or not sends_mail():
            return 0
        mailed = 0
        for message in self.waiting().order_by("-pk")[:MAIL_BATCH_SIZE]:
            if not message.take():
                continue
            try:
                message.as_mail(page.recipient).send()
            except (OSError, ValueError) as error:
                message.give_back()
                # The kind of error alone: its words may hold an address.
                log.warning("Message %s could not be mailed: %s", message.pk, type(error).__name__)
                if isinstance(error, (smtplib.SMTPDataError, ValueError)):
                    # Something in this one message; another may pass.
                    continue
                break
            self.filter(pk=message.pk).update(mailed_at=timezone.now(), mailing_since=None)
            mailed += 1
        return mailed

    def mail_or_raise(self):
        """Mail the waiting messages. Raises MailOverdueError where new ones have waited too long for a mail server."""
        self.mail_waiting()
        if not sends_mail():
            return
        overdue = self.waiting().filter(state=Message.State.NEW, received_at__lt=timezone.now() - OVERDUE_AFTER).count()
        if overdue:
            raise MailOverdueError(
                f"Messages that no mail server takes: {overdue}. Check EMAIL_URL and the recipient, or answer them in "
                "the admin."
            )

    def outdated(self):
        """The messages that were answered so long ago that nobody needs them any more."""
        return self.filter(answered_at__lt=timezone.now() - RETENTION_MONTHS * MONTH)

    def erase_outdated(self) -> int:
        """Returns how many messages were erased."""
        erased, _details = self.outdated().delete()
        return erased


class MessageState(models.TextChoices):
    NEW = "new", _("new")
    ANSWERED = "answered", _("answered")


class Message(models.Model):
    """What one visitor wrote of a barrier, and what became of it. It holds no IP address."""

    State = MessageState

    text = models.TextField(_("barrier"), max_length=5000)
    page = models.CharField(_("page of the site"), max_length=300, blank=True)
    email = models.EmailField(_("e-mail for the answer"), blank=True)
    answer_format = models.CharField(_("format of the answer"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=20)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    # The random name of the post that it came with.
    idempotency_key = models.CharField(max_length=36, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)
    # Since when a process tries to mail it.
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

    def take(self) -> bool:
        """Whether this process may mail it: no other is at it, and none has."""
        now = timezone.now()
        free = Q(mailing_since=None) | Q(mailing_since__lt=now - MAILING_TIMEOUT)
        return bool(Message.objects.waiting().filter(free, pk=self.pk).update(mailing_since=now))

    def give_back(self):
        Message.objects.filter(pk=self.pk).update(mailing_since=None)

    def as_mail(self, recipient: str) -> EmailMessage:
        """The mail to staff, in the site's own language. Nothing that a visitor wrote stands in its subject."""
        with translation.override(settings.LANGUAGE_CODE):
            return EmailMessage(
                subject=gettext("Accessibility feedback, message %(number)s") % {"number": self.pk},
                body=render_to_string("feedback/mail.txt", {"message": self}),
                to=[recipient],
                reply_to=[self.email] if self.email else None,
            )
