"""The queue of changed items, whose source texts and translations must be updated."""

from collections import defaultdict

from django.db import connection, models, transaction

from translations.status.fields import translated_models

# Changed items that are processed in one transaction.
CHUNK = 200


class ChangedItemQuerySet(models.QuerySet["ChangedItem"]):
    def process(self):
        """Update the source texts and translations of these items, one chunk per transaction.

        Several changes of an item that are processed together count as one. If SQL or a bulk update writes a new
        translation and then a new source, the translation counts as made from the new source. `Model.save` is not
        affected: it processes the item at once.
        """
        from translations.status.comparison import update_translations

        while self.exists():
            with transaction.atomic():
                lock_queue()
                keys: dict[str, set[int]] = defaultdict(set)
                chunk = list(self.order_by("pk")[:CHUNK])
                for row in chunk:
                    keys[row.model].add(row.object_id)
                for model in translated_models():
                    if model._meta.label_lower in keys:
                        update_translations(model, keys[model._meta.label_lower])
                self.filter(pk__in=[row.pk for row in chunk]).delete()


def lock_queue():
    """Wait until no other transaction processes items. SQLite has only one writer at a time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('translations_changeditem'))")


class ChangedItem(models.Model):
    """An item with translated texts that was created, changed or deleted since its translations were updated.

    Database triggers write the rows (`triggers.py`), so bulk updates and plain SQL are noticed too.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()

    objects = ChangedItemQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["model", "object_id"], name="changed_item")]

    def __str__(self):
        return f"{self.model} {self.object_id}"
