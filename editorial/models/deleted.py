"""The bin: deleted items, and how long they are kept."""

import time
from datetime import timedelta
from functools import partial
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from editorial.models.revision import Revision, RevisionFile, RevisionQuerySet

# Revisions that are deleted in one transaction.
CHUNK = 500
# Items and seconds of one run of the job, because the other jobs wait for it.
MAX_ITEMS, RUN_TIMEOUT = 2_000, 10


class BinSettings(models.Model):
    """How long deleted items are kept. There is one row at most; without it, the default applies."""

    days = models.PositiveSmallIntegerField(
        _("days in the bin"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Deleted items can be restored for this number of days. Then they and their history are erased."),
    )

    class Meta:
        verbose_name = _("bin settings")
        verbose_name_plural = _("bin settings")
        default_permissions = ("view", "change")
        constraints = [models.CheckConstraint(condition=models.Q(days__gte=1, days__lte=3650), name="bin_keeps_items")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "BinSettings":
        return cls.objects.first() or cls(pk=1)


class DeletedItemManager(models.Manager.from_queryset(RevisionQuerySet)):  # type: ignore[misc]  # a dynamic class
    def get_queryset(self) -> RevisionQuerySet:
        return super().get_queryset().bin()

    def empty(self) -> int:
        """Erase the items that are in the bin longer than staff want, with all their revisions and files.

        Return the number of revisions. One run ends after `MAX_ITEMS` or `RUN_TIMEOUT`, and the next continues.
        """
        # Local import, because files.py imports the models.
        from editorial.files import delete_unless_named

        oldest = timezone.now() - timedelta(days=BinSettings.current().days)
        end, count = time.monotonic() + RUN_TIMEOUT, 0
        due = self.filter(created_at__lt=oldest).order_by("pk").defer("data", "translations", "links")
        for item in due[:MAX_ITEMS]:
            # The row of the bin has the highest key, so an item that is half erased is still found.
            of_item = Revision.objects.filter(content_type=item.content_type_id, object_id=item.object_id)
            while keys := list(of_item.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
                with transaction.atomic():
                    # An UPDATE, so that nobody restores it meanwhile.
                    if not self.filter(pk=item.pk).update(state=Revision.State.DELETED):
                        break
                    files = RevisionFile.objects.filter(revision__in=keys)
                    for name in set(files.values_list("file", flat=True)):
                        transaction.on_commit(partial(delete_unless_named, name), robust=True)
                    Revision.objects.filter(base__in=keys).update(base=None)
                    files.delete()
                    count += Revision.objects.filter(pk__in=keys).only("pk").delete()[0]
                if time.monotonic() > end:
                    return count
        return count


class DeletedItem(Revision):
    """An item in the bin, as it was before its deletion."""

    objects: ClassVar[DeletedItemManager] = DeletedItemManager()

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("deleted item")
        verbose_name_plural = _("bin")
