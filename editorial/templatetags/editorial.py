"""Template tags for the admin."""

import json

from django import template
from django.conf import settings

from editorial.models import BinSettings

register = template.Library()


@register.simple_tag
def content_languages() -> str:
    """Return the content languages as JSON: [["en", "English"], …], the source language first."""
    return json.dumps(list(settings.CONTENT_LANGUAGES.items()), ensure_ascii=False)


@register.simple_tag
def bin_days() -> int:
    """Return the number of days for which deleted items are kept."""
    return BinSettings.current().days
