"""Scheduled changes: publishing a draft and taking an item off the site at a given time."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from editorial.acting import SYSTEM, acting_as
from editorial.mail import mail_staff
from editorial.models.approval import ApprovalRequest
from editorial.models.content import Content
from editorial.models.revision import OPEN_STATES, DraftConflictError, Revision
from editorial.revisions import snapshots
from editorial.rights import kinds_with, may_publish, visible_kinds
from translations.status.permissions import may_publish_translation
from triggers.locks import locked

log = logging.getLogger(__name__)

# Row of the snapshot, column and language of a translation.
Translated = tuple[str, str, str]


class ScheduleState(models.TextChoices):
    PLANNED = "planned", _("planned")
    CHANGED = "changed", _("to be confirmed")
    MISSED = "missed", _("not confirmed in time")
    DISCARDED = "discarded", _("stopped: the draft was discarded")
    CONFLICT = "conflict", _("stopped: the published text was changed too")
    REFUSED = "refused", _("stopped: the draft cannot be published")


# Why a draft cannot be published, and the remedy.
CONFLICT = _(
    "The draft and the published text changed the same values, so the draft cannot be published. Open the form and "
    "choose the texts to keep."
)
REFUSED = _(
    "The draft cannot be published: it contradicts other content, such as an item with the same address, or a text is "
    "missing or stale in a language that must be current. Open the form and publish the draft to see what is wrong."
)
EXPLANATIONS = {
    ScheduleState.CHANGED: _(
        "The draft was changed after it was scheduled. It is not published unless somebody who may publish it confirms "
        "it: look at the draft and schedule it again."
    ),
    ScheduleState.MISSED: _(
        "The draft was changed after it was scheduled, and nobody confirmed it. So it was not published. Look at the "
        "draft, then publish it or schedule it again."
    ),
    ScheduleState.DISCARDED: _(
        "The draft that was scheduled was discarded, so there is nothing to publish. You find it in the history."
    ),
    ScheduleState.CONFLICT: CONFLICT,
    ScheduleState.REFUSED: REFUSED,
}
# States of changes whose time has not come.
WAITING = (ScheduleState.PLANNED, ScheduleState.CHANGED)


class ScheduledChangeQuerySet(models.QuerySet["ScheduledChange"]):
    def of(self, item: models.Model) -> Self:
        return self.filter(content_type=ContentType.objects.get_for_model(item), object_id=item.pk)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Changes of the kinds of content that `user` may see."""
        return self.filter(content_type__in=visible_kinds(user))

    def upcoming(self, user: User | AnonymousUser) -> Self:
        """Changes that are planned, and whose items `user` may see, the next first."""
        return self.visible_to(user).filter(state__in=WAITING).with_items()

    def to_resolve(self, user: User | AnonymousUser) -> Self:
        """Changes that stopped or must be confirmed, and that `user` planned.

        If that account was deleted, everybody who may publish the kind of content sees them.
        """
        of_nobody = Q(planned_by=None) | Q(planned_by__is_active=False)
        mine = Q(planned_by=user.pk) | (of_nobody & Q(content_type__in=kinds_with(user, "publish")))
        return self.filter(mine).exclude(state=ScheduleState.PLANNED).with_items()

    def with_items(self) -> Self:
        """Load the items too. The number of queries depends on the kinds of content only."""
        return self.select_related("planned_by", "content_type").prefetch_related("item").order_by("at", "pk")

    def by_key(self, model: type[models.Model], keys: list[int]) -> dict[int, list["ScheduledChange"]]:
        """Return primary key → changes, for the items that have some. Takes one query."""
        found: dict[int, list[ScheduledChange]] = {}
        kind = ContentType.objects.get_for_model(model)
        for change in self.filter(content_type=kind, object_id__in=keys).order_by("at", "pk"):
            found.setdefault(change.object_id, []).append(change)
        return found

    def plan(
        self,
        item: Content,
        at: datetime,
        *,
        is_published: bool,
        planned_by: Any = None,
        remind_at: datetime | None = None,
        url: str = "",
    ) -> "ScheduledChange":
        """Plan to publish the draft of `item`, or to take the item off. It replaces an earlier plan to do the same.

        Planning to publish a draft approves it. `url` is the page of the plan.
        """
        with transaction.atomic():
            Revision.objects.record(author_name=SYSTEM)
            plan: dict[str, Any] = {"at": at, "planned_by": planned_by, "remind_at": remind_at, "url": url}
            plan["state"] = ScheduleState.PLANNED
            plan["revision"] = Revision.objects.draft_of(item) if is_published else None
            kind = ContentType.objects.get_for_model(item)
            row = {"content_type": kind, "object_id": item.pk, "is_published": is_published}
            change = self.update_or_create(**row, defaults=plan)[0]
        for approval in ApprovalRequest.objects.waiting().of(item) if is_published and planned_by else ():
            approval.decide(ApprovalRequest.Decision.APPROVED, planned_by, url=url)
        return change

    def follow_drafts(self) -> None:
        """Update the planned publications whose draft was changed, published or discarded after it was scheduled."""
        planned = self.filter(state__in=WAITING, revision__isnull=False).exclude(revision__state__in=OPEN_STATES)
        for change in planned.select_related("revision__base", "planned_by"):
            change.follow_draft()

    def apply_due(self) -> int:
        """Apply all changes that are due, the earliest first. Return their number.

        Several processes may call this at the same time.
        """
        self.follow_drafts()
        due = self.filter(at__lte=timezone.now(), state__in=WAITING).order_by("at", "pk")
        return sum(change.carry_out() for change in due.select_related("planned_by", "revision__base"))

    def send_reminders(self) -> None:
        """Mail the reminders that are due."""
        for change in self.filter(state__in=WAITING, remind_at__lte=timezone.now()).select_related("planned_by"):
            with transaction.atomic():
                # The process that clears the time sends the mail.
                if self.filter(pk=change.pk, remind_at=change.remind_at).update(remind_at=None):
                    change.mail(_("Reminder: %(change)s"))


class ScheduledChange(models.Model):
    """Plan to publish the draft of an item, or to take the item off the site.

    The draft is published as it is then, unless somebody changed it after it was scheduled. Translations by people who
    may publish them do not count. The publisher confirms a change by scheduling again. Saving the draft with the
    permission to publish it confirms it too. The row is deleted when the change is applied.
    """

    State = ScheduleState

    content_type = models.ForeignKey(ContentType, models.CASCADE, editable=False)
    object_id = models.PositiveBigIntegerField(editable=False)
    item = GenericForeignKey()
    is_published = models.BooleanField(
        _("action"), default=True, choices=[(True, _("Publish")), (False, _("Take off the site"))]
    )
    # The draft that is published, as it was scheduled or confirmed. Kinds of content without drafts have none.
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, editable=False, related_name="+")
    at = models.DateTimeField(_("time"), db_index=True)
    remind_at = models.DateTimeField(_("reminder"), null=True, editable=False)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, verbose_name=_("planned by")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    # The page of the plan, for mails that are sent without a request.
    url = models.URLField(max_length=500, editable=False)

    objects = ScheduledChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled change")
        verbose_name_plural = _("scheduled changes")
        # The permission to publish an item includes scheduling it.
        default_permissions = ()
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "is_published"], name="one_scheduled_change_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_is_published_display()}: {self.local_time}"

    @property
    def local_time(self) -> str:
        """The time in the time zone of the site."""
        return date_format(timezone.localtime(self.at), "DATETIME_FORMAT")

    @property
    def explanation(self) -> str:
        """Why the change waits or stopped, and the remedy. Empty if it is planned."""
        return str(EXPLANATIONS.get(ScheduleState(self.state), ""))

    @property
    def model_class(self) -> type[Content]:
        return self.content_type.model_class()  # type: ignore[return-value]  # only content is scheduled

    def draft(self) -> Revision | None:
        """Return the open draft of the item."""
        return Revision.objects.of_key(self.model_class, self.object_id).open().select_related("base", "author").first()

    def follow_draft(self) -> None:
        """Publish the draft as it is now, if that needs no confirmation. Otherwise tell the owner."""
        draft = self.draft()
        if draft is None:
            live = Revision.objects.of_key(self.model_class, self.object_id).live()
            if live.filter(pk__gt=self.revision_id).exists():
                # Somebody published it already.
                self.delete()
            else:
                self.stop(ScheduleState.DISCARDED)
        elif not self.needs_confirmation(draft) or self.is_confirmed_by(draft):
            ScheduledChange.objects.filter(pk=self.pk).update(revision=draft, state=ScheduleState.PLANNED)
        elif self.state == ScheduleState.PLANNED:
            self.stop(ScheduleState.CHANGED)

    def is_confirmed_by(self, draft: Revision) -> bool:
        """Whether the author of `draft` may publish it, so that no other publisher must look at it.

        A user who saved only a translation, as at the desk, did not look at the other changes.
        """
        if draft.author is None or self.item is None or not may_publish(draft.author, self.item):
            return False
        earlier = Revision.objects.of_key(self.model_class, self.object_id).filter(pk__lt=draft.pk)
        before = earlier.select_related("base").first()
        return before is None or changed_values(before) != changed_values(draft)

    def needs_confirmation(self, draft: Revision) -> bool:
        """Whether `draft` changes other values than the draft that was scheduled.

        Translations do not count, if their authors may publish them.
        """
        if self.revision is None:
            return True
        if self.revision_id == draft.pk:
            return False
        return changed_values(self.revision) != changed_values(draft) or self.has_unpublishable_translation(draft)

    def has_unpublishable_translation(self, draft: Revision) -> bool:
        """Whether `draft` has a translation, other than the scheduled draft, whose author may not publish it."""
        drafts = Revision.objects.of_key(self.model_class, self.object_id).filter(base__isnull=False)
        earlier: Any = self.revision
        scheduled = before = changed_translations(earlier)
        authors: dict[Translated, Revision] = {}
        since = drafts.filter(pk__gt=earlier.pk, pk__lte=draft.pk).select_related("base", "author").order_by("pk")
        for each in since:
            after = changed_translations(each)
            authors |= {text: each for text, value in after.items() if text not in before or before[text] != value}
            before = after
        added = {text for text, value in before.items() if text not in scheduled or scheduled[text] != value}
        return any(text in authors and not self.author_may_publish(authors[text], text) for text in added)

    def author_may_publish(self, draft: Revision, text: Translated) -> bool:
        """Whether the author of `draft` may publish a translation. The program may, such as for an exchange file."""
        if draft.author is None or self.item is None:
            return draft.author_name == SYSTEM
        row, _field, language = text
        parts = snapshots.parts_of(self.model_class).get(row.partition(".")[0])
        model = parts.model if parts else self.item.permission_model
        return may_publish_translation(draft.author, model, language)

    def carry_out(self) -> bool:
        """Apply this change, or stop it and tell its owner. Return whether this process applied it."""
        objects = ScheduledChange.objects.filter(pk=self.pk)
        with acting_as(lambda: self.planned_by.get_username() if self.planned_by else ""), transaction.atomic():
            # One process finds the row in this state. Others wait for its transaction.
            if not objects.filter(at=self.at, state=self.state).update(state=ScheduleState.MISSED):
                return False
            try:
                with Revision.objects.recorded(self.comment()):
                    state = self.apply()
            except DraftConflictError:
                state = ScheduleState.CONFLICT
            except (DataError, IntegrityError, ValidationError):
                # Also values that became invalid by an upgrade.
                state = ScheduleState.REFUSED
            if state is not None:
                self.stop(state)
                return False
            objects.delete()
        action = "published" if self.is_published else "unpublished"
        log.info("Scheduled change: %s %s %s", action, self.content_type, self.object_id)
        return True

    def apply(self) -> ScheduleState | None:
        """Publish or unpublish the item, and log the change in its history. Return a state if the change must stop."""
        item: Any = locked(self.model_class, self.object_id)
        if item is None:
            # Deleted meanwhile.
            return None
        if self.is_published and self.model_class.has_drafts:
            draft = self.draft()
            if draft is None:
                # Published meanwhile.
                return None
            if self.needs_confirmation(draft):
                return ScheduleState.MISSED
            draft.publish(draft.comment or self.comment())
        elif item.is_published != self.is_published:
            item.is_published = self.is_published
            item.save(update_fields=["is_published", "updated_at"])
        if self.planned_by_id:
            self.log_change(item, self.planned_by_id)
        return None

    def comment(self) -> str:
        """The comment of the revision, in the source language."""
        with translation.override(settings.LANGUAGE_CODE):
            return gettext("As scheduled for %(time)s.") % {"time": self.local_time}

    def stop(self, state: ScheduleState) -> None:
        """Keep this change, with the reason why it is not applied, and tell its owner."""
        ScheduledChange.objects.filter(pk=self.pk).update(state=state, remind_at=None)
        self.state = state
        self.mail(_("To do: %(change)s"))

    def mail(self, subject: object) -> None:
        """Mail the owner in the source language. `subject` has a place for the change."""
        if self.planned_by is None:
            return
        with translation.override(settings.LANGUAGE_CODE):
            change = f"{self.get_is_published_display()}: {self.item}"
            planned = gettext("Planned for %(time)s (time zone %(zone)s).") % {
                "time": self.local_time,
                "zone": settings.TIME_ZONE,
            }
            mail_staff([self.planned_by], str(subject) % {"change": change}, [planned, self.explanation, self.url])

    def log_change(self, item: Content, user_id: int) -> None:
        """Add an entry to the history of the item, in the name of the user who planned the change."""
        # Untranslated, because the admin translates change messages when it shows them.
        with translation.override(None):
            row = {"name": str(self._meta.verbose_name), "object": f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"}
            fields = [str(type(item).is_published.field.verbose_name)]
        message = [{"changed": {**row, "fields": fields}}]
        LogEntry.objects.log_actions(user_id, [item], CHANGE, change_message=message, single_object=True)


def changed_values(draft: Revision) -> dict[tuple[str, str], Any]:
    """Return the values that `draft` changed against its base, by row and field, without translations."""
    return {
        (change.row, change.field): change.after
        for change, language in changes_of(draft)
        if not language and change.field != "is_published"
    }


def changed_translations(draft: Revision) -> dict[Translated, Any]:
    """Return the translations that `draft` changed against its base."""
    return {(change.row, change.field, language): change.after for change, language in changes_of(draft) if language}


def changes_of(draft: Revision) -> Iterator[tuple[snapshots.Change, str]]:
    """Yield each value that `draft` changed against its base, with the language of a translation, or ""."""
    for change in snapshots.changes(draft.base.data if draft.base else {}, draft.data):
        model = snapshots.model_of_row(draft.model_class, change.row) or draft.model_class
        field = snapshots.recorded_fields(model).get(change.field)
        is_translation = isinstance(field, TranslationField) and field.language != settings.LANGUAGE_CODE
        yield change, field.language if is_translation else ""  # type: ignore[union-attr]  # a TranslationField
