"""How a conflict is told: who changed the field meanwhile, and what it says now."""

import json
from datetime import datetime

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from editorial.fields import RichTextField


def log_of(items: list[models.Model]) -> models.QuerySet:
    """The history of these items, the latest first."""
    wanted = Q(pk__in=[])
    for item in items:
        wanted |= Q(content_type=ContentType.objects.get_for_model(item), object_id=item.pk)
    return LogEntry.objects.filter(wanted).select_related("user").order_by("-action_time", "-pk")


def last_change(item: models.Model, label, since: datetime) -> LogEntry | None:
    """The latest change of the field with this label, by the history; None where none is on record.

    What is edited within a form stands in the history of what it belongs to.
    """
    owners = [getattr(item, field.name) for field in item._meta.fields if field.many_to_one]
    history = log_of([item, *filter(None, owners)]).filter(action_flag=CHANGE, action_time__gte=since)
    # The history keeps names in the words of the program.
    with translation.override(None):
        label = str(label).casefold()
        within = {"name": str(item._meta.verbose_name), "object": str(item)}
    # An item has few changes within the time that a form is open.
    for entry in history[:50]:
        is_own = entry.object_id == str(item.pk) and entry.content_type_id == ContentType.objects.get_for_model(item).pk
        for part in parts_of(entry):
            is_of_item = within.items() <= part.items() or (is_own and "name" not in part)
            if is_of_item and label in (name.casefold() for name in part.get("fields", [])):
                return entry
    return None


def parts_of(entry: LogEntry) -> list[dict]:
    """The fields that an entry of the history names as changed."""
    try:
        told = json.loads(entry.change_message)
    except ValueError:
        return []
    return [part["changed"] for part in told if "changed" in part]


def deletion_of(model: type[models.Model], pk) -> LogEntry | None:
    return log_of([model(pk=pk)]).filter(action_flag=DELETION).first()


def who_and_when(entry: LogEntry) -> dict[str, str]:
    moment = formats.date_format(timezone.localtime(entry.action_time), "SHORT_DATETIME_FORMAT")
    return {"who": entry.user.get_full_name() or entry.user.get_username(), "when": moment}


def change_message(change: LogEntry | None) -> str:
    """The author and the moment of a field's last change, where the history has them."""
    if change is None:
        return _("Somebody changed this after you opened the form.")
    return _("%(who)s changed this on %(when)s, after you opened the form.") % who_and_when(change)


def conflict_message(happened: str, stored: str, language: str | None = None, is_file: bool = False) -> SafeString:
    """The error at a field that somebody else changed after the form was opened, with the stored value."""
    if is_file:
        remedy = _("If your file should replace it, choose it again, then save.")
    else:
        remedy = _("Your version is kept below. Correct it if need be, then save again.")
    return format_html(
        '<div class="conflict">{} {} <div class="stored-value"{}>{}</div> {}</div>',
        happened,
        _("Current value:") if stored else _("It is empty now."),
        format_html(' lang="{}"', language) if language else "",
        stored,
        remedy,
    )


def readable(model_field: models.Field, value) -> str:
    """A stored value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(model_field, RichTextField):
        # A draft of it was not sanitised before.
        return mark_safe(model_field.sanitize(value))  # noqa: S308
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if model_field.is_relation:
        related = model_field.related_model._default_manager
        return ", ".join(map(str, value)) if model_field.many_to_many else str(related.filter(pk=value).first() or "")
    if model_field.flatchoices:
        return str(dict(model_field.flatchoices).get(getattr(value, "code", value), value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return str(formats.localize(value))
