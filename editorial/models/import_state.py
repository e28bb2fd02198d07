"""State of the content files at their last import."""

from django.db import models


class ImportState(models.Model):
    """State of one item of the content files when `load_content` last wrote it.

    The row stays when the item is deleted, so that an item that an editor deleted is not created again.
    `digests` maps a field to two SHA-256 digests in hex: of the value in the file, and of the stored value. A stored
    value with another digest was changed by an editor and is not overwritten.
    """

    section = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    digests = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="import_state_once")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.section}.{self.key}"
