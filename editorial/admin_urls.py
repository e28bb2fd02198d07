"""URLs of the pages of the admin that belong to an item, and primary keys in them."""

from typing import Any

from django.db.models import Model
from django.urls import reverse

# Longer numbers do not fit in the column of a primary key.
MAX_DIGITS = 18
# The row of an item itself, which has the name "" in a snapshot.
ITEM_ROW = "item"


def page_url(model: Model | type[Model], page: str, *args: Any) -> str:
    """Return the URL of a page of a model, such as "change". `args` has the primary key for a page of one item."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def text_url(model: type[Model], key: int, row: str, column: str) -> str:
    """Return the URL on the translators' desk of a text of an item or of its part, which only a draft may have.

    `row` is that of the text in the snapshot of the item.
    """
    place = [model._meta.app_label, model._meta.model_name, key, row or ITEM_ROW, column]
    return reverse("admin:translations_texttotranslate_in_draft", args=place)


def primary_key(text: str) -> int | None:
    """Return the primary key that a URL or a form contains, or None if `text` cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None
