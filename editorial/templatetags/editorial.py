"""Template tags for the admin."""

import json

from django import template
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from editorial.editor_labels import EDITOR_LABELS
from editorial.models import BinSettings
from editorial.phrases import LANGUAGE_TAG
from translations.status.fields import TARGET_LANGUAGES
from translations.status.permissions import languages_by_permission

register = template.Library()


@register.simple_tag
def content_languages() -> str:
    """Return the content languages as JSON: [["en", "English"], …], the source language first."""
    return json.dumps(list(settings.CONTENT_LANGUAGES.items()), ensure_ascii=False)


@register.simple_tag
def own_languages(user: User | AnonymousUser | None) -> str:
    """Return the languages for which `user` is a translator, separated by spaces. Empty if these are all."""
    codes = languages_by_permission(user) if user and user.is_active else set()
    return " ".join(code for code in TARGET_LANGUAGES if code in codes) if len(codes) < len(TARGET_LANGUAGES) else ""


@register.simple_tag
def language_tag_pattern() -> str:
    """Return the regular expression of a language tag, for the `pattern` of an input."""
    return LANGUAGE_TAG


@register.simple_tag
def editor_labels() -> dict[str, str]:
    """Return the labels of the rich text editor in the active language by those in its code."""
    return {label: str(translated) for label, translated in EDITOR_LABELS.items()}


@register.simple_tag
def bin_days() -> int:
    """Return the number of days for which deleted items are kept."""
    return BinSettings.current().days
