"""State of the content files that were loaded."""

from django.db import models


class ImportState(models.Model):
    """What `load_content` last wrote for one item of the content files.

    It outlives the item, so that something an editor deleted does not come back at the next start.
    `digests` maps a field to two SHA-256 digests in hex: of the value in the file, and of the value as stored.
    A stored value that no longer has its digest was changed by an editor, and is left alone.
    """

    section = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    digests = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="import_state_once")]
        default_permissions = ()

    def __str__(self):
        return f"{self.section}.{self.key}"
