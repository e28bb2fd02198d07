"""Erasures of personal data from content."""

from datetime import datetime
from typing import Any, ClassVar

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from editorial.models.content import Content
from editorial.models.revision import Revision
from editorial.revisions import erasing
from editorial.revisions.erasing import ErasedField


class ContentErasureQuerySet(models.QuerySet["ContentErasure"]):
    def erase(
        self,
        model: type[Content],
        key: int,
        fields: list[ErasedField],
        reason: str,
        staff: str,
        erased_at: datetime | None = None,
    ) -> "ContentErasure":
        """Erase `fields` of an item, which may be in the bin, everywhere, and record it.

        Raises IntegrityError if the database refuses the replacements.
        """
        comment = _("Personal data erased: %(fields)s. Reason: %(reason)s") % {
            "fields": ", ".join(field.label(model) for field in fields),
            "reason": reason,
        }
        with transaction.atomic():
            erasing.erase(model, key, fields, comment[: Revision._meta.get_field("comment").max_length], staff)
            return self.create(
                model=model._meta.label_lower,
                object_id=key,
                fields=[[field.row, field.name, field.replacement] for field in fields],
                reason=reason,
                staff=staff,
                erased_at=erased_at or timezone.now(),
            )

    def facts_since(self, moment: datetime) -> list[dict[str, Any]]:
        """Return the values of the erasures at or after `moment`, the earliest first, for `repeat`."""
        names = ("model", "object_id", "fields", "reason", "staff", "erased_at")
        return list(self.filter(erased_at__gte=moment).order_by("pk").values(*names))

    def repeat(self, facts: dict[str, Any]) -> None:
        """Repeat an erasure that a restored backup does not contain, and record it again with its time."""
        fields = [ErasedField(*field) for field in facts["fields"]]
        try:
            model: Any = apps.get_model(facts["model"])
        except LookupError:
            # This kind of content no longer exists, and the record stays complete.
            self.create(**facts)
            return
        self.erase(model, facts["object_id"], fields, facts["reason"], facts["staff"], facts["erased_at"])


class ContentErasure(models.Model):
    """Record of an erasure of personal data from an item: which fields, when, by whom and why, without the data.

    It is append-only, and outlives the item. `fields` has the row, name and replacement of each field.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    fields = models.JSONField()
    erased_at = models.DateTimeField(gettext_lazy("erased"), db_index=True)
    # A name and not a foreign key, because accounts are deleted.
    staff = models.CharField(gettext_lazy("by whom"), max_length=150)
    reason = models.CharField(gettext_lazy("reason"), max_length=200)

    objects: ClassVar = ContentErasureQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("erasure of personal data")
        verbose_name_plural = gettext_lazy("erasures of personal data")
        default_permissions = ()
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"

    @property
    def model_class(self) -> type[Content] | None:
        try:
            return apps.get_model(self.model)
        except (LookupError, ValueError):
            return None

    @property
    def kind(self) -> str:
        return capfirst(str(self.model_class._meta.verbose_name)) if self.model_class else self.model

    @property
    def labels(self) -> str:
        """The names of the fields."""
        if not self.model_class:
            return ", ".join(name for _row, name, _replacement in self.fields)
        return ", ".join(ErasedField(*field).label(self.model_class) for field in self.fields)
