"""URLs of the pages of the admin that belong to an item."""

from typing import Any

from django.db.models import Model
from django.urls import reverse


def page_url(model: Model | type[Model], page: str, *args: Any) -> str:
    """Return the URL of a page of a model, such as "change". `args` has the primary key for a page of one item."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
