"""Scheduled changes: publishing and unpublishing at a given time."""

import logging

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)


class ScheduledChangeQuerySet(models.QuerySet):
    def carry_out(self) -> int:
        """Show and hide what is due, the earliest first; returns how many changes that were.

        Several processes may do it at once: whichever takes a change off the list makes it, in one transaction.
        """
        count = 0
        for change in self.filter(at__lte=timezone.now()).order_by("at", "pk"):
            with transaction.atomic():
                if self.filter(pk=change.pk).delete()[0]:
                    change.make()
                    count += 1
        return count


class ScheduledChange(models.Model):
    """That an item is to be shown to visitors, or kept from them, from a moment on. It is gone once that is done."""

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
        # Whoever may publish an item may schedule it.
        default_permissions = ()
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["content_type", "object_id"], name="scheduled_of_item")]

    def __str__(self):
        return f"{self.get_is_published_display()}: {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    def make(self):
        shown = {"is_published": self.is_published, "updated_at": timezone.now()}
        self.content_type.model_class()._base_manager.filter(pk=self.object_id).update(**shown)
        log.info(
            "%s, as scheduled: %s %s", "Shown" if self.is_published else "Hidden", self.content_type, self.object_id
        )
        if self.item and self.planned_by_id:
            self.tell_history()

    def tell_history(self):
        """Write into the history of the item what was done, in the name of who planned it."""
        # As Django's admin keeps it: in the words of the program, which whoever reads it has in their language.
        with translation.override(None):
            named = {"name": str(self._meta.verbose_name), "object": f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"}
            fields = [str(self.item._meta.get_field("is_published").verbose_name)]
        told = [{"changed": {**named, "fields": fields}}]
        LogEntry.objects.log_actions(self.planned_by_id, [self.item], CHANGE, change_message=told, single_object=True)
