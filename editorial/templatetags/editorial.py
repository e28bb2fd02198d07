"""What the admin's templates need to know of the languages that content is kept in."""

import json

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def content_languages() -> str:
    """The languages of content as JSON: [["en", "English"], …], the source first."""
    return json.dumps(list(settings.CONTENT_LANGUAGES.items()), ensure_ascii=False)
