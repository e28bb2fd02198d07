"""Scheduled changes: publishing and unpublishing at a given time."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from editorial.acting import acting_as
from editorial.models.content import Content
from editorial.models.revision import Revision

log = logging.getLogger(__name__)


class ScheduledChangeQuerySet(models.QuerySet["ScheduledChange"]):
    def apply_due(self) -> int:
        """Apply all changes that are due, the earliest first. Return their number.

        Several processes may call this at the same time. The process that deletes the row applies the change, in the
        same transaction.
        """
        count = 0
        for change in self.filter(at__lte=timezone.now()).order_by("at", "pk"):
            with Revision.objects.recorded():
                if self.filter(pk=change.pk).delete()[0]:
                    change.apply()
                    count += 1
        return count


class ScheduledChange(models.Model):
    """Planned publishing or unpublishing of an item. The row is deleted when the change is applied."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, editable=False)
    object_id = models.PositiveBigIntegerField(editable=False)
    item = GenericForeignKey()
    is_published = models.BooleanField(
        _("action"), default=True, choices=[(True, _("Show on the site")), (False, _("Take off the site"))]
    )
    at = models.DateTimeField(
        _("time"),
        db_index=True,
        help_text=_("In the site’s time zone. The change is made automatically, within a minute."),
    )

    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)

    objects = ScheduledChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled change")
        verbose_name_plural = _("scheduled changes")
        # The permission to publish an item includes scheduling it.
        default_permissions = ()
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["content_type", "object_id"], name="scheduled_of_item")]

    def __str__(self) -> str:
        return f"{self.get_is_published_display()}: {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    def apply(self) -> None:
        """Publish or unpublish the item, and log the change in its history."""
        model = self.content_type.model_class()
        if model is not None:
            self.publish_item(model)
        log.info(
            "Scheduled change: %s %s %s",
            "published" if self.is_published else "unpublished",
            self.content_type,
            self.object_id,
        )
        if self.item and self.planned_by_id:
            self.log_change(self.item, self.planned_by_id)

    def publish_item(self, model: Any) -> None:
        # Saved and not updated, so that receivers of signals notice it, in the name of the user who planned it.
        item = model._base_manager.filter(pk=self.object_id).first()
        if item is None:
            return
        item.is_published = self.is_published
        with acting_as(lambda: self.planned_by.get_username() if self.planned_by else ""):
            item.save(update_fields=["is_published", "updated_at"])

    def log_change(self, item: Content, user_id: int) -> None:
        """Add an entry to the history of the item, in the name of the user who planned the change."""
        # Untranslated, because the admin translates change messages when it shows them.
        with translation.override(None):
            row = {"name": str(self._meta.verbose_name), "object": f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"}
            fields = [str(type(item).is_published.field.verbose_name)]
        message = [{"changed": {**row, "fields": fields}}]
        LogEntry.objects.log_actions(user_id, [item], CHANGE, change_message=message, single_object=True)
