"""Messages about conflicts: who changed a field, when, and its stored value."""

import json
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from editorial.fields import RichTextField


def log_entries(items: list[models.Model]) -> models.QuerySet[LogEntry]:
    """Return the entries in the history of `items`, the latest first."""
    is_of_items = Q(pk__in=[])
    for item in items:
        is_of_items |= Q(content_type=ContentType.objects.get_for_model(item), object_id=item.pk)
    return LogEntry.objects.filter(is_of_items).select_related("user").order_by("-action_time", "-pk")


def last_change(item: models.Model, label: object, since: datetime) -> LogEntry | None:
    """Return the latest entry in the history that names the field with `label` as changed, or None.

    The history of the items that `item` refers to is searched too, because their forms may include `item`.
    """
    parents = [getattr(item, field.name) for field in item._meta.fields if field.many_to_one]
    history = log_entries([item, *filter(None, parents)]).filter(action_flag=CHANGE, action_time__gte=since)
    # The history stores untranslated names.
    with translation.override(None):
        name_of_field = str(label).casefold()
        as_part = {"name": str(item._meta.verbose_name), "object": str(item)}
    # Enough for the changes while a form is open.
    for entry in history[:50]:
        is_own = entry.object_id == str(item.pk) and entry.content_type_id == ContentType.objects.get_for_model(item).pk
        for part in changed_parts(entry):
            is_of_item = as_part.items() <= part.items() or (is_own and "name" not in part)
            if is_of_item and name_of_field in (name.casefold() for name in part.get("fields", [])):
                return entry
    return None


def changed_parts(entry: LogEntry) -> list[dict[str, Any]]:
    """Return the changes in an entry: the fields, and the kind and name of the row if it is not the item itself."""
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        return []
    return [part["changed"] for part in parts if "changed" in part]


def last_deletion(model: type[models.Model], pk: Any) -> LogEntry | None:
    """Return the entry about the deletion of an item, or None."""
    return log_entries([model(pk=pk)]).filter(action_flag=DELETION).first()


def author_and_time(entry: LogEntry) -> dict[str, str]:
    """Return the placeholders `who` and `when` for messages about an entry."""
    moment = formats.date_format(timezone.localtime(entry.action_time), "SHORT_DATETIME_FORMAT")
    return {"who": entry.user.get_full_name() or entry.user.get_username(), "when": moment}


def change_message(change: LogEntry | None) -> str:
    """Return the sentence that names the author and time of a change, or “somebody” if the history has no entry."""
    if change is None:
        return _("Somebody changed this after you opened the form.")
    return _("%(who)s changed this on %(when)s, after you opened the form.") % author_and_time(change)


def conflict_message(
    happened: str, stored: str, base: str | None = None, language: str | None = None, is_file: bool = False
) -> SafeString:
    """Return the error for a field that somebody else changed after the form was opened, with its stored value.

    `base` is the value from before both changes, or None if it is not known.
    """
    if is_file:
        remedy = _("If your file should replace it, choose it again, then save.")
    else:
        remedy = _("Your version is kept below. Correct it if need be, then save again.")
    shown = [(_("Current value:") if stored else _("It is empty now."), stored)]
    if base is not None:
        shown.append((_("Before both changes:") if base else _("It was empty before both changes."), base))
    attribute = format_html(' lang="{}"', language) if language else ""
    rows = ((sentence, attribute, value) for sentence, value in shown)
    values = format_html_join(" ", '{} <div class="stored-value"{}>{}</div>', rows)
    return format_html('<div class="conflict"><p>{}</p> {} {}</div>', happened, values, remedy)


def display_value(model_field: models.Field, value: Any) -> str:
    """Return a stored value as a text or HTML for people."""
    if value is None or value == "":
        return ""
    if isinstance(model_field, RichTextField):
        # Not all values were sanitised before: translation drafts are stored as they were entered.
        return mark_safe(model_field.sanitize(value))  # noqa: S308
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if model_field.many_to_many:
        return ", ".join(map(str, value))
    if isinstance(model_field, models.ForeignKey):
        return str(model_field.related_model._default_manager.filter(pk=value).first() or "")
    if model_field.flatchoices:
        return str(dict(model_field.flatchoices).get(getattr(value, "code", value), value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return str(formats.localize(value))
