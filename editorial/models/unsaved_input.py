"""Unsaved input of staff, which the browser sends while they type."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

# The script in the browser keeps its own copy for the same time.
KEPT = timedelta(days=7)
# Forms of one user whose input is kept. The oldest is deleted.
MAX_FORMS = 50
# In characters.
MAX_PATH = 500


class StoredInputQuerySet(models.QuerySet["StoredInput"]):
    def store(self, user: Any, path: str, data: dict[str, Any]) -> None:
        """Keep the input of `user` in the form at `path`, in place of what was kept before."""
        self.update_or_create(user=user, path=path, defaults={"data": data, "saved_at": timezone.now()})
        kept = self.filter(user=user).order_by("-saved_at").values("pk")[:MAX_FORMS]
        self.filter(user=user).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()

    def delete_outdated(self) -> None:
        self.filter(saved_at__lt=timezone.now() - KEPT).delete()


class StoredInput(models.Model):
    """Input of one person in one form, which nobody else sees. It is deleted when the form is saved.

    `data` is the JSON object of editorial/static/editorial/unsaved-input.js.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=MAX_PATH)
    data = models.JSONField()
    saved_at = models.DateTimeField(db_index=True)

    objects = StoredInputQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "path"], name="one_input_of_form")]

    def __str__(self) -> str:
        return self.path
