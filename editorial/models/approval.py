"""Approval of drafts: an editor asks, and somebody who may publish approves the draft or returns it with a comment."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from editorial.mail import mail_staff
from editorial.models.content import Content
from editorial.models.revision import Revision, State
from editorial.rights import kinds_with, publishers_of
from triggers.locks import locked


class ApprovalDecision(models.TextChoices):
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    def of(self, item: models.Model) -> Self:
        """Requests for drafts of `item`, the latest first."""
        kind = ContentType.objects.get_for_model(item)
        return self.filter(revision__content_type=kind, revision__object_id=item.pk).order_by("-pk")

    def waiting(self) -> Self:
        """Requests without a decision. A request ends when its draft is changed, published or discarded."""
        return self.filter(decision="", revision__state=State.IN_REVIEW)

    def waiting_for(self, user: User | AnonymousUser) -> Self:
        """Requests that `user` may decide, the oldest first."""
        of_own_kind = Q(permission_type=F("revision__content_type"))
        may_publish = of_own_kind & Q(permission_type__in=kinds_with(user, "publish"))
        may_decide = may_publish | (~of_own_kind & Q(permission_type__in=kinds_with(user, "change")))
        return self.waiting().filter(may_decide).exclude(asked_by=user.pk).with_drafts().order_by("pk")

    def asked_by(self, user: User | AnonymousUser) -> Self:
        """Requests of `user` that wait for others, the oldest first."""
        return self.waiting().filter(asked_by=user.pk).with_drafts().order_by("pk")

    def returned_to(self, user: User | AnonymousUser) -> Self:
        """Requests of `user` that were returned, and whose drafts nobody changed since, the latest first."""
        returned = self.filter(decision=ApprovalDecision.RETURNED, asked_by=user.pk, revision__state=State.DRAFT)
        return returned.with_drafts().order_by("-pk")

    def with_drafts(self) -> Self:
        """Requests with the person who asked, and the draft without its texts."""
        related = self.select_related("asked_by", "decided_by", "revision__content_type", "revision__author")
        return related.defer("revision__data")

    def ask(self, draft: Revision, by: Any, message: str, url: str) -> "ApprovalRequest | None":
        """Ask for approval of `draft`, and mail everybody who may publish it. Return None if it is no draft any more.

        `url` is the page of the decision.
        """
        item = draft.item
        with transaction.atomic():
            drafts = Revision.objects.filter(pk=draft.pk, state__in=[State.DRAFT, State.APPROVED])
            if item is None or not drafts.update(state=State.IN_REVIEW):
                return None
            request = self.create(
                revision=draft,
                asked_by=by,
                asked_at=timezone.now(),
                message=message,
                permission_type=ContentType.objects.get_for_model(item.permission_model),
            )
            others = publishers_of(item).exclude(pk=by.pk)
            request.mail(others, _("%(name)s asks for approval: “%(item)s”"), by, message, url)
        return request


class ApprovalRequest(models.Model):
    """Request to approve a draft, and the decision."""

    Decision = ApprovalDecision

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="approval_requests")
    # The model whose permissions decide who may approve the draft, see Content.permission_model.
    permission_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    message = models.CharField(max_length=300, blank=True)
    decision = models.CharField(max_length=10, choices=ApprovalDecision, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(_("comment"), max_length=1000, blank=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.revision.heading

    @property
    def is_waiting(self) -> bool:
        return not self.decision and self.revision.state == State.IN_REVIEW

    @property
    def item(self) -> Content | None:
        return self.revision.item

    def decide(self, decision: ApprovalDecision, by: Any, comment: str = "", url: str = "") -> bool:
        """Approve or return the draft, and mail the person who asked. `url` is the form of the item.

        Return False, and change nothing, if the draft was changed or somebody decided meanwhile.
        """
        state = State.APPROVED if decision == ApprovalDecision.APPROVED else State.DRAFT
        with transaction.atomic():
            # Before the revision, as saving a draft does.
            locked(self.revision.model_class, self.revision.object_id)
            if not Revision.objects.filter(pk=self.revision_id, state=State.IN_REVIEW).update(state=state):
                return False
            self.record(decision, by, comment, url)
        return True

    def record(self, decision: ApprovalDecision, by: Any, comment: str = "", url: str = "") -> None:
        """Store the decision and mail the person who asked."""
        self.decision, self.decided_by, self.decided_at, self.comment = decision, by, timezone.now(), comment
        self.save(update_fields=["decision", "decided_by", "decided_at", "comment"])
        subjects = {
            ApprovalDecision.APPROVED: _("%(name)s approved your draft: “%(item)s”"),
            ApprovalDecision.RETURNED: _("%(name)s returned your draft: “%(item)s”"),
        }
        if self.asked_by and self.asked_by != by:
            self.mail([self.asked_by], subjects[decision], by, comment, url)

    def mail(self, users: Any, subject: object, by: Any, comment: str, url: str) -> None:
        """Mail `users` in the source language. `subject` has places for a name and the item."""
        with translation.override(settings.LANGUAGE_CODE):
            words = {"name": by.get_full_name() or by.get_username(), "item": self.revision.heading}
            line = str(subject) % words
            mail_staff(users, line, [line, comment, url])
