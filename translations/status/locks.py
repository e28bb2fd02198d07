"""Locks on rows of content, for those who read a row, decide by it, and then write it."""

from django.db import connections, models, router


class StaleReadError(Exception):
    """A row changed between reading and writing it. Undo the transaction, and start again from what is stored now."""


def locked(model: type[models.Model], pk) -> models.Model | None:
    """The row as it is stored now, locked until the end of the transaction; None where it was deleted.

    An UPDATE takes the lock, not SELECT FOR UPDATE: the triggers of a content table lock the content version before
    the row. Everybody takes the two locks in this order, so nobody waits for one that waits for them.
    """
    rows = model._base_manager.using(router.db_for_write(model)).filter(pk=pk)
    if connections[rows.db].features.has_select_for_update:
        rows.update(**{model._meta.pk.name: models.F(model._meta.pk.name)})
    # SQLite has one lock for all writers, which the transaction took when it began.
    return rows.first()
