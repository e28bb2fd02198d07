"""Form for scheduled changes, within the form of an item."""

from django.contrib.contenttypes.admin import GenericStackedInline
from django.core.exceptions import ValidationError
from django.forms import DateTimeField, DateTimeInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from editorial.forms import EditForm, EditGenericInlineFormSet
from editorial.models import ScheduledChange


class ScheduleForm(EditForm):
    class Meta:
        field_classes = {"at": DateTimeField}
        widgets = {"at": DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")}

    def clean_at(self):
        at = self.cleaned_data["at"]
        if "at" in self.changed_data and at <= timezone.now():
            raise ValidationError(_("Choose a time in the future."))
        return at


class ScheduleFormSet(EditGenericInlineFormSet):
    """Scheduled changes. A form that was open before there was this part of it may come back without."""

    def __init__(self, data=None, *args, prefix=None, **kwargs):
        prefix = prefix or self.get_default_prefix()
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        super().__init__(data, *args, prefix=prefix, **kwargs)


class ScheduleInline(GenericStackedInline):
    """When an item is to be shown or hidden by itself. `ContentAdmin` offers it to whoever may publish the item."""

    model = ScheduledChange
    form = ScheduleForm
    formset = ScheduleFormSet
    fields = ["is_published", "at"]
    extra = 0

    def has_view_permission(self, request, obj=None):
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission
