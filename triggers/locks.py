"""Row locks for a read that is followed by a write, in the order that the triggers need."""

from django.db import connections, models, router


class StaleReadError(Exception):
    """A row changed after it was read. Roll the transaction back, read the row again and retry."""


def locked(model: type[models.Model], pk: object) -> models.Model | None:
    """Lock a row until the end of the transaction and return its stored state, or None if it was deleted.

    An UPDATE takes the lock, because SELECT FOR UPDATE could deadlock: the triggers of content tables lock the content
    version before the row, and all transactions must take the two locks in this order.
    """
    rows = model._base_manager.using(router.db_for_write(model)).filter(pk=pk)
    if connections[rows.db].features.has_select_for_update:
        rows.update(**{model._meta.pk.name: models.F(model._meta.pk.name)})
    # On SQLite the transaction already holds the lock of the whole database.
    return rows.first()
