"""Form for scheduled changes within the form of an item."""

from datetime import datetime
from typing import Any

from django.contrib.contenttypes.admin import GenericStackedInline
from django.core.exceptions import ValidationError
from django.forms import DateTimeField, DateTimeInput
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from editorial.forms import EditForm
from editorial.formsets import EditGenericInlineFormSet
from editorial.models import ScheduledChange


class ScheduleForm(EditForm):
    class Meta:
        field_classes = {"at": DateTimeField}
        widgets = {"at": DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")}

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if "at" in self.changed_data and at <= timezone.now():
            raise ValidationError(_("Choose a time in the future."))
        return at


class ScheduleFormSet(EditGenericInlineFormSet):
    """Scheduled changes of an item. The submitted form may lack them if it was opened before an upgrade."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any):
        prefix = kwargs["prefix"] = kwargs.get("prefix") or self.get_default_prefix()
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        super().__init__(data, *args, **kwargs)


class ScheduleInline(GenericStackedInline):
    """Scheduled changes of an item. `ContentAdmin` shows them only to users who may publish the item."""

    model = ScheduledChange
    form = ScheduleForm
    formset = ScheduleFormSet  # type: ignore[assignment]  # django-stubs expects BaseInlineFormSet
    fields = ["is_published", "at"]
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission
